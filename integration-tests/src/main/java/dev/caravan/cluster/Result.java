package dev.caravan.cluster;

/**
 * What a command printed and how it ended.
 *
 * @param exit 0 for success
 */
public record Result(int exit, String out, String err) {
  /** Standard output, stripped. */
  public String text() {
    return out.strip();
  }

  public boolean succeeded() {
    return exit == 0;
  }

  /**
   * This result.
   *
   * @throws IllegalStateException with what the command printed, if it failed
   */
  public Result orFail() {
    if (!succeeded()) {
      throw new IllegalStateException("exit " + exit + ": " + err + out);
    }
    return this;
  }
}

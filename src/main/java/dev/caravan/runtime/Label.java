package dev.caravan.runtime;

/** One {@code name=value} of the option {@code --labels}. */
public record Label(String name, String value) {
  /**
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static Label parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("a label is written name=value, not \"" + text + "\"");
    }
    return new Label(text.substring(0, equals).trim(), text.substring(equals + 1).trim());
  }
}

package dev.caravan.http;

/**
 * A {@link Failure} on its way through a route. It carries no stack trace: it is an answer, not a
 * defect.
 */
public final class FailureException extends Exception {
  private final transient Failure failure;

  FailureException(Failure failure, String message) {
    super(message, null, false, false);
    this.failure = failure;
  }

  public Failure failure() {
    return failure;
  }

  /**
   * The failure that a throwable stands for; whatever is not ours is {@link Failure#INTERNAL} and
   * tells the client no more.
   */
  static FailureException of(Throwable t) {
    return t instanceof FailureException f
        ? f
        : Failure.INTERNAL.because("Caravan failed to handle this request");
  }
}

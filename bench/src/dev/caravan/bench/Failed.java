package dev.caravan.bench;

/** A run whose figures would mean nothing; the message is a sentence for whoever started it. */
final class Failed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Failed(String sentence) {
    super(sentence);
  }

  Failed(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}

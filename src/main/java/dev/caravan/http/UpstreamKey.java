package dev.caravan.http;

import java.util.Arrays;

/**
 * The credential of one attempt: what is sent, and what is masked where a provider's error repeats
 * it. Held no longer than its request.
 */
public final class UpstreamKey {
  private static final byte[] MASK = {'*', '*', '*'};

  private final String authorization;
  private final byte[] literal;

  /**
   * @param authorization value of the {@code authorization} header
   * @param literal the key itself, not empty
   */
  public UpstreamKey(String authorization, byte[] literal) {
    this.authorization = authorization;
    this.literal = literal.clone();
  }

  String authorization() {
    return authorization;
  }

  /**
   * The text with every literal repetition of the key replaced by {@code ***}; the same array where
   * there is none.
   */
  byte[] mask(byte[] text) {
    byte[] masked = text;
    for (int at = indexOf(masked, 0); at >= 0; at = indexOf(masked, at + MASK.length)) {
      byte[] next = new byte[masked.length - literal.length + MASK.length];
      System.arraycopy(masked, 0, next, 0, at);
      System.arraycopy(MASK, 0, next, at, MASK.length);
      System.arraycopy(
          masked, at + literal.length, next, at + MASK.length, masked.length - at - literal.length);
      masked = next;
    }
    return masked;
  }

  private int indexOf(byte[] text, int from) {
    for (int i = from; i <= text.length - literal.length; i++) {
      if (text[i] == literal[0]
          && Arrays.equals(text, i, i + literal.length, literal, 0, literal.length)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public String toString() {
    return "***";
  }
}

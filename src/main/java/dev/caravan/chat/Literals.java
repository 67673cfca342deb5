package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/** The JSON literals as they stand in a body. */
final class Literals {
  /** Longest literal, in bytes. */
  static final int LIMIT = 5;

  private static final byte[] TRUE = "true".getBytes(US_ASCII);
  private static final byte[] FALSE = "false".getBytes(US_ASCII);

  private Literals() {}

  /** The boolean that a raw value is, null if it is none. */
  static Boolean bool(BoundedBytes raw) {
    return is(TRUE, raw) ? Boolean.TRUE : is(FALSE, raw) ? Boolean.FALSE : null;
  }

  private static boolean is(byte[] literal, BoundedBytes raw) {
    return !raw.overflowed()
        && Arrays.equals(raw.bytes(), 0, raw.length(), literal, 0, literal.length);
  }
}

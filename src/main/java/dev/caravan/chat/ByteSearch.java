package dev.caravan.chat;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Skips the bytes that need no attention, eight at a time: most of a chat body is the inside of
 * strings and most of a stream is the inside of lines.
 */
final class ByteSearch {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long SPACES = ONES * ' ';
  private static final long QUOTES = ONES * '"';
  private static final long BACKSLASHES = ONES * '\\';
  private static final long LINE_FEEDS = ONES * '\n';
  private static final long RETURNS = ONES * '\r';

  private ByteSearch() {}

  /**
   * The first index from {@code from} on whose byte is not plain inside a JSON string (quote,
   * backslash, control character or not ASCII), or {@code to}.
   */
  static int plainEnd(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES && allPlain((long) WORD.get(bytes, i))) {
      i += Long.BYTES;
    }
    while (i < to && isPlain(bytes[i])) {
      i++;
    }
    return i;
  }

  /** The first index from {@code from} on that holds a CR or LF, or {@code to}. */
  static int lineEnd(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES && noLineEnd((long) WORD.get(bytes, i))) {
      i += Long.BYTES;
    }
    while (i < to && bytes[i] != '\n' && bytes[i] != '\r') {
      i++;
    }
    return i;
  }

  private static boolean isPlain(byte b) {
    return b >= ' ' && b != '"' && b != '\\';
  }

  private static boolean allPlain(long word) {
    long control = (word - SPACES) & ~word;
    return ((word | control | zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES)) & HIGHS) == 0;
  }

  private static boolean noLineEnd(long word) {
    return ((zeros(word ^ LINE_FEEDS) | zeros(word ^ RETURNS)) & HIGHS) == 0;
  }

  /** A high bit is set if a byte is zero; exact as "any or none", which is all that is asked. */
  private static long zeros(long word) {
    return (word - ONES) & ~word;
  }
}

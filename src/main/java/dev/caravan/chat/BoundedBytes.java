package dev.caravan.chat;

import java.util.Arrays;

/** Bytes kept up to a limit. More than the limit are not kept at all, only known to have been. */
final class BoundedBytes {
  private static final int KEPT_CAPACITY = 4 << 10;
  private static final byte[] NONE = {};

  private byte[] bytes = NONE;
  private int length;
  private int limit;
  private boolean overflowed;

  BoundedBytes(int limit) {
    this.limit = limit;
  }

  /** Begins anew, with another limit; gives up a buffer that an unusual value has made large. */
  void restart(int newLimit) {
    limit = newLimit;
    clear();
  }

  void clear() {
    length = 0;
    overflowed = false;
    if (bytes.length > KEPT_CAPACITY) {
      bytes = NONE;
    }
  }

  void append(byte[] source, int from, int to) {
    int added = to - from;
    if (overflowed || added > limit - length) {
      overflowed = true;
      length = 0;
      return;
    }
    if (added > bytes.length - length) {
      int wanted = Math.max(length + added, Math.min(limit, Math.max(64, bytes.length * 2)));
      bytes = Arrays.copyOf(bytes, wanted);
    }
    System.arraycopy(source, from, bytes, length, added);
    length += added;
  }

  /** The buffer itself; its first {@link #length()} bytes count. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  boolean isEmpty() {
    return length == 0;
  }

  boolean overflowed() {
    return overflowed;
  }
}

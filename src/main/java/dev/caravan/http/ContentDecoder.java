package dev.caravan.http;

import dev.caravan.chat.ByteSink;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Undoes {@code Content-Encoding: gzip} or {@code deflate} as the bytes arrive, in pieces of at
 * most 16 KiB: what a peer has flushed is handed on at once, and a small input never becomes one
 * huge buffer. {@link #close()} frees native memory.
 */
final class ContentDecoder implements AutoCloseable {
  private static final int PIECE_BYTES = 16 * 1024;
  private static final int FLAG_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;

  private enum State {
    FIXED_HEADER,
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CRC,
    DATA,
    TRAILER
  }

  private final boolean gzip;
  private final Inflater inflater;
  private final byte[] piece = new byte[PIECE_BYTES];
  private State state;
  private int flags;
  private int remaining;
  private int seen;
  private boolean begun;

  private ContentDecoder(boolean gzip) {
    this.gzip = gzip;
    inflater = new Inflater(gzip);
    state = gzip ? State.FIXED_HEADER : State.DATA;
    remaining = 10;
  }

  /**
   * A decoder for the value of a Content-Encoding header; null when Caravan cannot read that
   * coding.
   */
  static ContentDecoder of(String encoding) {
    return switch (encoding.trim().toLowerCase(java.util.Locale.ROOT)) {
      case "gzip", "x-gzip" -> new ContentDecoder(true);
      case "deflate" -> new ContentDecoder(false);
      default -> null;
    };
  }

  /**
   * @throws ZipException when the bytes are not of this coding
   */
  void feed(byte[] bytes, int from, int to, ByteSink out) throws ZipException {
    int i = from;
    begun |= to > from;
    while (i < to) {
      i =
          switch (state) {
            case DATA -> inflate(bytes, i, to, out);
            case TRAILER -> trailer(bytes, i, to);
            default -> header(bytes[i] & 0xff, i);
          };
    }
  }

  /** Whether the input may end here. */
  boolean complete() {
    return !begun || (gzip ? state == State.FIXED_HEADER && remaining == 10 : inflater.finished());
  }

  private int inflate(byte[] bytes, int from, int to, ByteSink out) throws ZipException {
    inflater.setInput(bytes, from, to - from);
    try {
      int n;
      do {
        n = inflater.inflate(piece);
        if (n > 0) {
          out.accept(piece, 0, n);
        }
      } while (n > 0
          || !inflater.needsInput() && !inflater.finished() && !inflater.needsDictionary());
    } catch (DataFormatException e) {
      throw new ZipException(e.getMessage());
    }
    if (inflater.needsDictionary()) {
      throw new ZipException("a preset dictionary is asked for");
    }
    int next = to - inflater.getRemaining();
    if (inflater.finished()) {
      state = State.TRAILER;
      remaining = 8;
    }
    return next;
  }

  /**
   * CRC and length are skipped (TCP and TLS have checked the bytes); another gzip member may
   * follow.
   */
  private int trailer(byte[] bytes, int from, int to) throws ZipException {
    if (!gzip) {
      throw new ZipException("bytes after the end of the compressed data");
    }
    int skipped = Math.min(remaining, to - from);
    remaining -= skipped;
    if (remaining == 0) {
      inflater.reset();
      state = State.FIXED_HEADER;
      remaining = 10;
    }
    return from + skipped;
  }

  private int header(int b, int i) throws ZipException {
    switch (state) {
      case FIXED_HEADER -> fixedHeader(b);
      case EXTRA_LENGTH -> {
        seen |= b << (8 * (2 - remaining));
        if (--remaining == 0) {
          remaining = seen;
          state = State.EXTRA;
          afterField(remaining == 0);
        }
      }
      case EXTRA -> afterField(--remaining == 0);
      case NAME, COMMENT -> afterField(b == 0);
      default -> afterField(--remaining == 0);
    }
    return i + 1;
  }

  private void fixedHeader(int b) throws ZipException {
    int at = 10 - remaining--;
    if (at == 0 && b != 0x1f || at == 1 && b != 0x8b || at == 2 && b != 8) {
      throw new ZipException("not in gzip format");
    }
    if (at == 3) {
      flags = b;
    }
    if (remaining == 0) {
      enter(State.EXTRA_LENGTH);
    }
  }

  private void afterField(boolean fieldEnded) {
    if (fieldEnded) {
      enter(State.values()[state.ordinal() + 1]);
    }
  }

  /**
   * Goes to the given state or, where the flags say that its field is absent, to the next one that
   * is there.
   */
  private void enter(State next) {
    state = next;
    switch (next) {
      case EXTRA_LENGTH -> {
        seen = 0;
        remaining = 2;
        if ((flags & FLAG_EXTRA) == 0) {
          enter(State.NAME);
        }
      }
      case NAME -> skipUnless(FLAG_NAME);
      case COMMENT -> skipUnless(FLAG_COMMENT);
      case HEADER_CRC -> {
        remaining = 2;
        skipUnless(FLAG_CRC);
      }
      default -> {}
    }
  }

  private void skipUnless(int flag) {
    if ((flags & flag) == 0) {
      enter(State.values()[state.ordinal() + 1]);
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}

package dev.caravan.emulator;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The receiving side of one connection. Used by one thread at a time: the connection's own, or,
 * while an answer is under way, the one that watches for the client's leaving.
 */
final class HttpInput {
  private static final int MAX_HEAD = 1 << 20;

  private final InputStream in;
  private final byte[] buffer = new byte[16 * 1024];
  private int position;
  private int limit;

  HttpInput(InputStream in) {
    this.in = in;
  }

  /** Waits for at least one byte; false at the end of the stream. */
  boolean fill() throws IOException {
    if (position < limit) {
      return true;
    }
    int count = in.read(buffer, 0, buffer.length);
    position = 0;
    limit = Math.max(count, 0);
    return count > 0;
  }

  /** The next head up to its blank line, or null if the client left before its first byte. */
  byte[] readHead() throws IOException {
    if (!fill()) {
      return null;
    }
    if (!Character.isLetter(buffer[position])) {
      // A TLS client at a plain port would otherwise wait for us as we wait for it.
      throw new IOException("not HTTP");
    }
    ByteArrayOutputStream head = new ByteArrayOutputStream(1024);
    int tail = 0;
    while (tail != 0x0D0A0D0A) {
      int next = read();
      head.write(next);
      tail = tail << 8 | next;
      if (head.size() > MAX_HEAD) {
        throw new IOException("head longer than " + MAX_HEAD + " bytes");
      }
    }
    return head.toByteArray();
  }

  /** A body of the given length. */
  InputStream fixed(long length) {
    return new FixedBody(length);
  }

  /** A chunked body; trailer lines are added to the list when its end has been read. */
  InputStream chunked(List<Header> trailers) {
    return new ChunkedBody(trailers);
  }

  /** Reads and forgets everything until the client closes its side. */
  void drain() throws IOException {
    while (fill()) {
      position = limit;
    }
  }

  static List<Header> headers(List<String> lines) {
    List<Header> headers = new ArrayList<>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      headers.add(
          colon < 0
              ? new Header(line, "")
              : new Header(line.substring(0, colon), line.substring(colon + 1).strip()));
    }
    return headers;
  }

  private int read() throws IOException {
    if (!fill()) {
      throw new EOFException("the client left in the middle of a request");
    }
    return buffer[position++] & 0xFF;
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = read(); next != '\n'; next = read()) {
      line.write(next);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  private int read(byte[] target, int offset, long most) throws IOException {
    if (!fill()) {
      throw new EOFException("the client left in the middle of a body");
    }
    int count = (int) Math.min(most, limit - position);
    System.arraycopy(buffer, position, target, offset, count);
    position += count;
    return count;
  }

  private abstract class Framed extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }
  }

  private final class FixedBody extends Framed {
    private long left;

    FixedBody(long left) {
      this.left = left;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = HttpInput.this.read(target, offset, Math.min(left, length));
      left -= count;
      return count;
    }
  }

  private final class ChunkedBody extends Framed {
    private final List<Header> trailers;
    private long left;
    private boolean first = true;
    private boolean ended;

    ChunkedBody(List<Header> trailers) {
      this.trailers = trailers;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (ended || left == 0 && !nextChunk()) {
        return -1;
      }
      int count = HttpInput.this.read(target, offset, Math.min(left, length));
      left -= count;
      return count;
    }

    private boolean nextChunk() throws IOException {
      if (!first && !readLine().isEmpty()) {
        throw new IOException("a chunk is longer than its size says");
      }
      first = false;
      String size = readLine().split(";", 2)[0].strip();
      try {
        left = Long.parseLong(size, 16);
      } catch (NumberFormatException e) {
        throw new IOException("not a chunk size: " + size, e);
      }
      if (left == 0) {
        ended = true;
        readTrailers();
      }
      return left > 0;
    }

    private void readTrailers() throws IOException {
      List<String> lines = new ArrayList<>();
      for (String line = readLine(); !line.isEmpty(); line = readLine()) {
        lines.add(line);
      }
      trailers.addAll(headers(lines));
    }
  }
}

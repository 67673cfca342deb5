package dev.caravan.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One kept HTTP/1.1 connection to a peer, blocking, as cheap as it can be. */
final class Connection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket = new Socket();
  private final InputStream in;

  Connection(int port) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
  }

  static byte[] chatRequest(String host, String body) {
    return ("POST /v1/chat/completions HTTP/1.1\r\nhost: "
            + host
            + "\r\ncontent-type: application/json\r\nauthorization: Bearer client-key\r\ncontent-length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  void send(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
  }

  /**
   * Reads the head of an answer.
   *
   * @throws IOException when the status is not 200
   */
  Body answer() throws IOException {
    String status = line(in);
    long length = -1;
    boolean chunked = false;
    for (String field = line(in); !field.isEmpty(); field = line(in)) {
      String lower = field.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).trim());
      } else if (lower.startsWith("transfer-encoding:")) {
        chunked = lower.endsWith("chunked");
      }
    }
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException("the answer is \"" + status + "\"");
    }
    if (!chunked && length < 0) {
      throw new IOException("the answer has no length");
    }
    return new Body(in, chunked ? 0 : length, chunked);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder(64);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection was closed in the middle of an answer");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new Failed("cannot close a connection", e);
    }
  }

  /** An answer's body without its framing. */
  static final class Body extends InputStream {
    private final InputStream in;
    private final boolean chunked;
    private long left;
    private boolean begun;
    private boolean ended;

    private Body(InputStream in, long length, boolean chunked) {
      this.in = in;
      this.left = length;
      this.chunked = chunked;
    }

    @Override
    public int read() throws IOException {
      if (left == 0 && !nextChunk()) {
        return -1;
      }
      int b = in.read();
      if (b < 0) {
        throw new IOException("the connection was closed in the middle of an answer");
      }
      left--;
      return b;
    }

    /** A line without its end; null at the end of the body. */
    String nextLine() throws IOException {
      StringBuilder line = new StringBuilder(256);
      for (int b = read(); b != '\n'; b = read()) {
        if (b < 0) {
          return line.isEmpty() ? null : line.toString();
        }
        line.append((char) b);
      }
      return line.toString();
    }

    private boolean nextChunk() throws IOException {
      if (!chunked || ended) {
        return false;
      }
      if (begun) {
        line(in);
      }
      begun = true;
      left = Long.parseLong(line(in).trim(), 16);
      ended = left == 0;
      if (ended) {
        line(in);
      }
      return !ended;
    }
  }
}

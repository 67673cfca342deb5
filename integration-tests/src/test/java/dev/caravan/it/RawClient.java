package dev.caravan.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.caravan.emulator.CertificateAuthority;
import dev.caravan.emulator.Header;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * An HTTP/1.1 client made of a socket, for what an HTTP library hides or forbids: odd requests,
 * framing, the moment an event arrives, how a connection ends. Reads fail after ten seconds.
 */
public final class RawClient implements AutoCloseable {
  /** An answer's status line and headers. */
  public record Head(int status, String statusLine, List<Header> headers) {
    /** The first value of a header. */
    public Optional<String> header(String name) {
      return headers.stream().filter(each -> each.is(name)).map(Header::value).findFirst();
    }

    /** All values of a header. */
    public List<String> headerValues(String name) {
      return headers.stream().filter(each -> each.is(name)).map(Header::value).toList();
    }
  }

  /** Takes a body byte by byte. */
  public interface ByteSink {
    /** Takes the next byte. */
    void accept(byte next);
  }

  /** How the peer ended the connection. */
  public enum Ending {
    /** FIN (and, with TLS, close_notify). */
    CLOSED,
    /** RST, or TLS cut short. */
    RESET
  }

  private static final int TIMEOUT_MILLIS = 10_000;

  private final Socket wire;
  private final Socket raw;
  private final InputStream in;
  private Body body = new UntilClose();
  private String method = "GET";

  private RawClient(Socket raw, Socket wire) throws IOException {
    this.raw = raw;
    this.wire = wire;
    this.in = new BufferedInputStream(wire.getInputStream(), 1 << 16);
  }

  /** A plain connection to a port of 127.0.0.1. */
  public static RawClient connect(int port) throws IOException {
    Socket socket = dial(port, 0);
    return new RawClient(socket, socket);
  }

  /** A plain connection with a small receive buffer: one that soon holds its peer back. */
  public static RawClient connectNarrow(int port) throws IOException {
    Socket socket = dial(port, 4096);
    return new RawClient(socket, socket);
  }

  /** A TLS connection that verifies chain and name, and asks for the name. */
  public static RawClient connectTls(int port, String name, CertificateAuthority trusted)
      throws IOException {
    return connectTls(port, name, trusted, null);
  }

  /** A TLS connection that also presents a client certificate, unless that is null. */
  public static RawClient connectTls(
      int port, String name, CertificateAuthority trusted, KeyManager client) throws IOException {
    Socket socket = dial(port, 0);
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          client == null ? null : new KeyManager[] {client}, trusted.trustManagers(), null);
      SSLSocket secure =
          (SSLSocket) context.getSocketFactory().createSocket(socket, name, port, true);
      SSLParameters parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      if (!name.equals("127.0.0.1")) {
        parameters.setServerNames(List.of(new SNIHostName(name)));
      }
      secure.setSSLParameters(parameters);
      secure.startHandshake();
      return new RawClient(socket, secure);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static Socket dial(int port, int receiveBuffer) throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
    return socket;
  }

  /** Sends text as ISO 8859-1, byte for character. */
  public RawClient send(String text) throws IOException {
    return send(text.getBytes(ISO_8859_1));
  }

  /** Sends bytes. */
  public RawClient send(byte[] bytes) throws IOException {
    wire.getOutputStream().write(bytes);
    wire.getOutputStream().flush();
    return this;
  }

  /** Sends a whole POST of a JSON body; header lines as {@code "name: value"}. */
  public RawClient post(String host, String json, String... headerLines) throws IOException {
    byte[] content = json.getBytes(UTF_8);
    StringBuilder head = new StringBuilder("POST / HTTP/1.1\r\nHost: ").append(host);
    head.append("\r\nContent-Type: application/json\r\n");
    for (String line : headerLines) {
      head.append(line).append("\r\n");
    }
    head.append("Content-Length: ").append(content.length).append("\r\n\r\n");
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(ISO_8859_1));
    request.writeBytes(content);
    method = "POST";
    return send(request.toByteArray());
  }

  /** Tells the reader that the request sent was a HEAD, whose answer has no body. */
  public RawClient expectNoBody() {
    method = "HEAD";
    return this;
  }

  /** Reads the next head, a 1xx included, and takes up the body's framing from it. */
  public Head readHead() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      lines.add(line);
    }
    if (lines.isEmpty()) {
      throw new IOException("an empty head");
    }
    List<Header> headers = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      int colon = line.indexOf(':');
      headers.add(new Header(line.substring(0, colon), line.substring(colon + 1).strip()));
    }
    int status = Integer.parseInt(lines.getFirst().split(" ", 3)[1]);
    Head head = new Head(status, lines.getFirst(), headers);
    body = framing(head);
    return head;
  }

  /** Reads the rest of the body; throws if it breaks off before its framing says it ends. */
  public byte[] readBody() throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    readInto(next -> content.write(next));
    return content.toByteArray();
  }

  /** As {@link #readBody()}, without keeping anything. */
  public void readInto(ByteSink sink) throws IOException {
    for (int next = body.read(); next >= 0; next = body.read()) {
      sink.accept((byte) next);
    }
  }

  /** The body without its framing, byte by byte as it comes; no read waits for more than one. */
  public InputStream bodyStream() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        return body.read();
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        int next = length == 0 ? 0 : read();
        if (next >= 0 && length > 0) {
          target[offset] = (byte) next;
        }
        return next < 0 ? -1 : Math.min(length, 1);
      }
    };
  }

  /** {@link #readBody()} as UTF-8. */
  public String readText() throws IOException {
    return new String(readBody(), UTF_8);
  }

  /**
   * Reads exactly one SSE event or comment, its blank line included, as soon as that line is whole:
   * of CR LF the CR is enough, and its LF then stands at the beginning of the next event.
   *
   * @throws EOFException at the body's end
   */
  public String readEvent() throws IOException {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    int before = -1;
    boolean lineEmpty = true;
    boolean anything = false;
    while (true) {
      int next = body.read();
      if (next < 0) {
        throw new EOFException("the body ended; left over: " + event.toString(UTF_8));
      }
      event.write(next);
      boolean secondHalf = next == '\n' && (before == '\r' || event.size() == 1);
      boolean end = (next == '\n' || next == '\r') && !secondHalf;
      if (end && lineEmpty && anything) {
        return event.toString(UTF_8);
      }
      if (!secondHalf) {
        lineEmpty = end;
        anything |= !end;
      }
      before = next;
    }
  }

  /** The data of the next event that has any, comments skipped. */
  public String readData() throws IOException {
    while (true) {
      List<String> data =
          readEvent()
              .lines()
              .filter(line -> line.startsWith("data:"))
              .map(line -> line.substring(5).strip())
              .toList();
      if (!data.isEmpty()) {
        return String.join("\n", data);
      }
    }
  }

  /** One chunk of a chunked body, its size line included in what is read; empty at the last. */
  public byte[] readChunk() throws IOException {
    int size = Integer.parseInt(readLine().split(";")[0].strip(), 16);
    byte[] chunk = in.readNBytes(size);
    if (chunk.length < size) {
      throw new EOFException("a chunk broke off");
    }
    readLine();
    return chunk;
  }

  /** Every byte up to the connection's end, framing and all. */
  public byte[] readToEnd() throws IOException {
    return in.readAllBytes();
  }

  /** Waits until the peer ends the connection; what still comes before that is thrown away. */
  public Ending awaitEnd() throws IOException {
    try {
      in.transferTo(OutputStream.nullOutputStream());
      return Ending.CLOSED;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is still open", e);
    } catch (SocketException | SSLException e) {
      return Ending.RESET;
    }
  }

  /** Sends FIN and goes on reading. */
  public RawClient shutdownOutput() throws IOException {
    wire.shutdownOutput();
    return this;
  }

  /** Ends the connection with RST. */
  public void reset() throws IOException {
    raw.setSoLinger(true, 0);
    raw.close();
  }

  @Override
  public void close() throws IOException {
    wire.close();
    raw.close();
  }

  private Body framing(Head head) {
    if (method.equals("HEAD") || head.status() == 204 || head.status() == 304) {
      return () -> -1;
    }
    if (head.headerValues("transfer-encoding").stream().anyMatch("chunked"::equalsIgnoreCase)) {
      return new Chunked();
    }
    return head.header("content-length")
        .<Body>map(length -> new Fixed(Long.parseLong(length)))
        .orElseGet(UntilClose::new);
  }

  private int readByte() throws IOException {
    int next = in.read();
    if (next < 0) {
      throw new EOFException("the connection ended in the middle of an answer");
    }
    return next;
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = readByte(); next != '\n'; next = readByte()) {
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(ISO_8859_1);
  }

  /** A body's bytes without their framing; -1 at its declared end only. */
  private interface Body {
    int read() throws IOException;
  }

  private final class UntilClose implements Body {
    @Override
    public int read() throws IOException {
      return in.read();
    }
  }

  private final class Fixed implements Body {
    private long left;

    Fixed(long left) {
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      return left-- > 0 ? readByte() : -1;
    }
  }

  private final class Chunked implements Body {
    private long left;
    private boolean first = true;
    private boolean ended;

    @Override
    public int read() throws IOException {
      if (left == 0 && !ended) {
        next();
      }
      if (ended) {
        return -1;
      }
      left--;
      return readByte();
    }

    private void next() throws IOException {
      if (!first && !readLine().isEmpty()) {
        throw new IOException("a chunk is longer than its size says");
      }
      first = false;
      String size = readLine();
      try {
        left = Long.parseLong(size.split(";")[0].strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("not a chunk size: " + size, e);
      }
      if (left == 0) {
        ended = true;
        while (!readLine().isEmpty()) {
          // Trailers.
        }
      }
    }
  }
}

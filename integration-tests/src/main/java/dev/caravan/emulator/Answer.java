package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.caravan.emulator.Step.Framing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** One answer on the wire: head, framing, coding, and how the bytes are cut into segments. */
final class Answer {
  private static final byte[] CRLF = {'\r', '\n'};

  /** Larger parts of a body are written from where they are, so that many at once cost no heap. */
  private static final int COPIED = 64 << 10;

  private final OutputStream out;
  private final ReceivedRequest request;
  private final List<Header> headers = new ArrayList<>();
  private final List<Header> trailers = new ArrayList<>();
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private String statusLine = "HTTP/1.1 200 OK";
  private int status = 200;
  private Framing framing;
  private long length = -1;
  private GZIPOutputStream gzip;
  private final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
  private String lineEnd = "\n";
  private int piece = Integer.MAX_VALUE;
  private boolean headSent;
  private boolean rawSent;

  Answer(OutputStream out, ReceivedRequest request) {
    this.out = out;
    this.request = request;
  }

  static String reason(int status) {
    return switch (status) {
      case 100 -> "Continue";
      case 103 -> "Early Hints";
      case 200 -> "OK";
      case 201 -> "Created";
      case 204 -> "No Content";
      case 302 -> "Found";
      case 307 -> "Temporary Redirect";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 413 -> "Content Too Large";
      case 422 -> "Unprocessable Content";
      case 429 -> "Too Many Requests";
      case 500 -> "Internal Server Error";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      default -> "Status " + status;
    };
  }

  void status(int code, String reason) {
    status = code;
    statusLine = "HTTP/1.1 " + code + " " + reason;
  }

  void header(Header header) {
    headers.add(header);
  }

  void trailer(Header trailer) {
    trailers.add(trailer);
  }

  void frame(Framing chosen, long declared) {
    framing = chosen;
    length = declared;
  }

  void lineEnd(String end) {
    lineEnd = end;
  }

  void gzip() throws IOException {
    gzip = new GZIPOutputStream(compressed, 512, true);
  }

  void pieces(int size) {
    piece = size;
  }

  void informational(int code, List<Header> hints) throws IOException {
    pending.writeBytes(("HTTP/1.1 " + code + " " + reason(code) + "\r\n").getBytes(ISO_8859_1));
    hints.forEach(this::line);
    pending.writeBytes(CRLF);
    flush();
  }

  void whole(byte[] content) throws IOException {
    byte[] coded = gzip == null ? content : closedGzip(content);
    if (framing == null) {
      frame(Framing.CONTENT_LENGTH, coded.length);
    }
    head();
    frame(coded);
    flush();
  }

  void body(byte[] content) throws IOException {
    head();
    frame(gzip == null ? content : flushedGzip(content));
    flush();
  }

  void event(String data) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line : data.split("\n", -1)) {
      lines.append("data: ").append(line).append(lineEnd);
    }
    body(lines.append(lineEnd).toString().getBytes(UTF_8));
  }

  void comment(String text) throws IOException {
    body((": " + text + lineEnd + lineEnd).getBytes(UTF_8));
  }

  void raw(byte[] bytes) throws IOException {
    rawSent = true;
    pending.writeBytes(bytes);
    flush();
  }

  void malformedChunk() throws IOException {
    sendHead();
    raw("no-size\r\nabc\r\n".getBytes(ISO_8859_1));
  }

  void sendHead() throws IOException {
    head();
    flush();
  }

  /** Ends the body as its framing wants it; true if the connection can take another request. */
  boolean finish() throws IOException {
    if (rawSent) {
      return true;
    }
    if (!headSent && framing == null) {
      frame(Framing.CONTENT_LENGTH, 0);
    }
    head();
    if (gzip != null) {
      gzip.close();
      frame(taken());
    }
    if (framing == Framing.CHUNKED && bodyAllowed()) {
      pending.writeBytes("0\r\n".getBytes(ISO_8859_1));
      trailers.forEach(this::line);
      pending.writeBytes(CRLF);
    }
    flush();
    return framing != Framing.CLOSE_DELIMITED && !closes();
  }

  private boolean closes() {
    return request.version().equals("HTTP/1.0")
        || request.headerValues("connection").stream().anyMatch("close"::equalsIgnoreCase)
        || headers.stream()
            .anyMatch(each -> each.is("connection") && each.value().equalsIgnoreCase("close"));
  }

  private void head() {
    if (headSent || rawSent) {
      return;
    }
    headSent = true;
    if (framing == null) {
      framing = request.version().equals("HTTP/1.0") ? Framing.CLOSE_DELIMITED : Framing.CHUNKED;
    }
    pending.writeBytes((statusLine + "\r\n").getBytes(UTF_8));
    headers.forEach(this::line);
    received().forEach(this::line);
    boolean bodiless = status == 204 || status == 304;
    if (framing == Framing.CONTENT_LENGTH && !bodiless) {
      line(new Header("content-length", Long.toString(length)));
    } else if (framing == Framing.CHUNKED && !bodiless) {
      line(new Header("transfer-encoding", "chunked"));
    }
    boolean told = headers.stream().anyMatch(each -> each.is("connection"));
    if (!told && (closes() || framing == Framing.CLOSE_DELIMITED)) {
      line(new Header("connection", "close"));
    }
    pending.writeBytes(CRLF);
  }

  /** What the provider received, told to whoever asked. */
  private List<Header> received() {
    List<Header> told = new ArrayList<>();
    told.add(new Header("x-emulator-host", request.host()));
    told.add(new Header("x-emulator-path", request.path()));
    told.add(new Header("x-emulator-connection", Integer.toString(request.connection())));
    told.add(new Header("x-emulator-key-fingerprint", request.keyFingerprint()));
    if (request.bodyHasBeenRead()) {
      ChatRequest chat = request.chat();
      told.add(new Header("x-emulator-body-sha256", request.bodySha256()));
      if (chat.json()) {
        told.add(new Header("x-emulator-model", chat.model()));
        told.add(new Header("x-emulator-stream", Boolean.toString(chat.stream())));
      }
    }
    return told;
  }

  private void line(Header header) {
    String text = header.name() + ": " + header.value() + "\r\n";
    pending.writeBytes(text.getBytes(UTF_8));
  }

  private boolean bodyAllowed() {
    return !request.method().equals("HEAD") && status != 204 && status != 304;
  }

  private void frame(byte[] content) throws IOException {
    if (content.length == 0 || !bodyAllowed()) {
      return;
    }
    boolean chunk = framing == Framing.CHUNKED;
    if (chunk) {
      pending.writeBytes((Integer.toHexString(content.length) + "\r\n").getBytes(ISO_8859_1));
    }
    if (content.length > COPIED) {
      flush();
      send(content);
    } else {
      pending.writeBytes(content);
    }
    if (chunk) {
      pending.writeBytes(CRLF);
    }
  }

  private byte[] flushedGzip(byte[] content) throws IOException {
    gzip.write(content);
    gzip.flush();
    return taken();
  }

  private byte[] closedGzip(byte[] content) throws IOException {
    gzip.write(content);
    gzip.close();
    gzip = null;
    return taken();
  }

  private byte[] taken() {
    byte[] bytes = compressed.toByteArray();
    compressed.reset();
    return bytes;
  }

  private void flush() throws IOException {
    byte[] bytes = pending.toByteArray();
    pending.reset();
    send(bytes);
  }

  private void send(byte[] bytes) throws IOException {
    for (int from = 0; from < bytes.length; ) {
      int count = Math.min(piece, bytes.length - from);
      out.write(bytes, from, count);
      out.flush();
      request.answered(count);
      from += count;
    }
  }
}

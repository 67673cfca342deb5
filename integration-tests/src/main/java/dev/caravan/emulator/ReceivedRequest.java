package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What the emulator received, and how the answer to it ended. Known from its head on; the body's
 * facts once {@link #awaitBody()} returns.
 */
public final class ReceivedRequest {
  /** How the answer to a request ended. */
  public enum Ending {
    /** Everything the script says was written. */
    COMPLETED,
    /** The client left while the request or its answer was under way. */
    CANCELLED,
    /** The script broke the answer off. */
    BROKEN_OFF
  }

  /**
   * Where a request came in.
   *
   * @param connection a number per connection, from 1
   * @param reused whether an earlier request came over the same connection
   * @param sni the name asked for in TLS, or the empty string
   * @param tls the TLS protocol, or {@code plain}
   * @param client the subject of the client's certificate, or the empty string
   * @param address the address, of those the emulator listens on, that was called
   */
  public record Arrival(
      int connection, boolean reused, String sni, String tls, String client, String address) {}

  private static final long AWAIT_SECONDS = 10;

  private final Arrival arrival;
  private final byte[] rawHead;
  private final String method;
  private final String target;
  private final String version;
  private final List<Header> headers;
  private final List<Header> trailers = new ArrayList<>();
  private final CompletableFuture<Void> bodyRead = new CompletableFuture<>();
  private final CompletableFuture<Ending> ending = new CompletableFuture<>();

  private volatile byte[] body = new byte[0];
  private volatile long bodyLength;
  private volatile String bodySha256 = "";
  private volatile ChatRequest chat = ChatRequest.NONE;
  private volatile boolean lastBytesUnderWay;
  private volatile long answered;

  ReceivedRequest(Arrival arrival, byte[] rawHead) throws IOException {
    this.arrival = arrival;
    this.rawHead = rawHead;
    List<String> lines = List.of(new String(rawHead, ISO_8859_1).split("\r\n"));
    String[] start = lines.isEmpty() ? new String[0] : lines.getFirst().split(" ");
    if (start.length != 3) {
      throw new IOException("not a request line: " + (lines.isEmpty() ? "" : lines.getFirst()));
    }
    this.method = start[0];
    this.target = start[1];
    this.version = start[2];
    this.headers = HttpInput.headers(lines.subList(1, lines.size()));
  }

  /** Where the request came in. */
  public Arrival arrival() {
    return arrival;
  }

  /** The connection's number, from 1. */
  public int connection() {
    return arrival.connection();
  }

  /** The request line's method. */
  public String method() {
    return method;
  }

  /** The request target as sent. */
  public String target() {
    return target;
  }

  /** The target without its query. */
  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** The request line's version. */
  public String version() {
    return version;
  }

  /** The header lines in order, duplicates included. */
  public List<Header> headers() {
    return List.copyOf(headers);
  }

  /** The first value of a header. */
  public Optional<String> header(String name) {
    return headers.stream().filter(each -> each.is(name)).map(Header::value).findFirst();
  }

  /** All values of a header, in order. */
  public List<String> headerValues(String name) {
    return headers.stream().filter(each -> each.is(name)).map(Header::value).toList();
  }

  /** The Host header without its port, in lower case; empty without one. */
  public String host() {
    String host = header("host").orElse("").toLowerCase(Locale.ROOT);
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  /** The head's bytes, blank line included. */
  public byte[] rawHead() {
    return rawHead.clone();
  }

  /** The first 8 hexadecimal digits of the bearer token's SHA-256, or the empty string. */
  public String keyFingerprint() {
    return header("authorization")
        .map(value -> value.regionMatches(true, 0, "Bearer ", 0, 7) ? value.substring(7) : value)
        .map(ReceivedRequest::fingerprint)
        .orElse("");
  }

  /** The first 8 hexadecimal digits of a key's SHA-256: how answers name a key. */
  public static String fingerprint(String key) {
    return HexFormat.of().formatHex(sha256().digest(key.getBytes(UTF_8))).substring(0, 8);
  }

  /** The body, as far as the emulator keeps it. */
  public byte[] body() {
    return body.clone();
  }

  /** {@link #body()} as UTF-8. */
  public String bodyText() {
    return new String(body, UTF_8);
  }

  /** The body's whole length in bytes, framing not counted. */
  public long bodyLength() {
    return bodyLength;
  }

  /** The whole body's SHA-256 in lower-case hexadecimal. */
  public String bodySha256() {
    return bodySha256;
  }

  /** Trailer lines of a chunked request. */
  public List<Header> trailers() {
    return List.copyOf(trailers);
  }

  /** What the body says, if it is a JSON object. */
  public ChatRequest chat() {
    return chat;
  }

  /** How many bytes of the answer have been handed to the network, head included. */
  public long answeredBytes() {
    return answered;
  }

  /**
   * Waits until the body has been read whole.
   *
   * @throws AssertionError if it has not within ten seconds
   */
  public ReceivedRequest awaitBody() {
    await(bodyRead, "its body read");
    return this;
  }

  /**
   * Waits until the answer has ended, in whatever way.
   *
   * @throws AssertionError if it has not within ten seconds
   */
  public Ending awaitEnd() {
    return await(ending, "its answer ended");
  }

  /**
   * Waits until the client has closed the connection while the answer was under way.
   *
   * @throws AssertionError if it has not within ten seconds, or the answer ended in another way
   */
  public void awaitCancelled() {
    expect(Ending.CANCELLED);
  }

  /**
   * Waits until the answer has been written whole.
   *
   * @throws AssertionError if it has not within ten seconds, or the answer ended in another way
   */
  public void awaitCompleted() {
    expect(Ending.COMPLETED);
  }

  /** How the answer ended, if it has. */
  public Optional<Ending> ending() {
    return Optional.ofNullable(ending.getNow(null));
  }

  @Override
  public String toString() {
    return method + " " + host() + target + " on connection " + arrival.connection();
  }

  /** Reads the body: hashed and counted whole, its first {@code keep} bytes kept. */
  void readBody(InputStream framed, int keep) throws IOException {
    MessageDigest digest = sha256();
    Counted counted = new Counted(framed, digest);
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 * 1024];
    for (int count = 0;
        kept.size() < keep
            && (count = counted.read(buffer, 0, Math.min(buffer.length, keep - kept.size())))
                >= 0; ) {
      kept.write(buffer, 0, count);
    }
    body = kept.toByteArray();
    chat = ChatRequest.read(new SequenceInputStream(new ByteArrayInputStream(body), counted));
    while (counted.read(buffer, 0, buffer.length) >= 0) {
      // Only counted and hashed.
    }
    bodyLength = counted.length;
    bodySha256 = HexFormat.of().formatHex(digest.digest());
    bodyRead.complete(null);
  }

  List<Header> trailerSink() {
    return trailers;
  }

  boolean bodyHasBeenRead() {
    return bodyRead.isDone();
  }

  /** From here on a client that leaves has what it came for. */
  void lastBytesUnderWay() {
    lastBytesUnderWay = true;
  }

  boolean mayBeCancelled() {
    return !lastBytesUnderWay && !ending.isDone();
  }

  void ended(Ending how) {
    ending.complete(how);
  }

  void answered(long bytes) {
    answered += bytes;
  }

  private void expect(Ending expected) {
    Ending actual = awaitEnd();
    if (actual != expected) {
      throw new AssertionError(this + " ended as " + actual + ", not " + expected);
    }
  }

  private <T> T await(CompletableFuture<T> event, String what) {
    try {
      return event.get(AWAIT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(this + ": not " + what + " in " + AWAIT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(this + ": interrupted before " + what, e);
    } catch (ExecutionException e) {
      throw new AssertionError(this + ": " + what + " failed", e.getCause());
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Counted extends DigestInputStream {
    private long length;

    Counted(InputStream in, MessageDigest digest) {
      super(in, digest);
    }

    @Override
    public int read(byte[] target, int offset, int size) throws IOException {
      int count = super.read(target, offset, size);
      length += Math.max(count, 0);
      return count;
    }
  }
}

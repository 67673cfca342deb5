package dev.caravan.http;

import dev.caravan.chat.ChatBody;
import dev.caravan.chat.ChatBodyScanner;
import dev.caravan.chat.MalformedJsonException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.zip.ZipException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/**
 * One request body being read: decoded, scanned as JSON and stored, no faster than the store takes
 * it. Every method runs on the call's event loop.
 */
final class BodyReading {
  /** A client that sends nothing for so long in the middle of its body is given up. */
  private static final long STALL_MILLIS = 60_000;

  /**
   * Compressed input is decoded in slices: the output of one is at most a thousand times as long.
   */
  private static final int COMPRESSED_SLICE_BYTES = 256;

  /** So much white space may stand before the byte that tells whether a body is JSON. */
  private static final int BLANK_LIMIT_BYTES = 64 * 1024;

  private final Call call;
  private final Exchange exchange;
  private final AsyncCallback callback;
  private final HttpServerRequest request;
  private final BodyKind kind;
  private final ContentDecoder decoder;
  private final BodyStore store;
  private final long declaredLength;
  private final long limitBytes;
  private ChatBodyScanner scanner = new ChatBodyScanner();
  private boolean sniffed;
  private Buffer blank = Buffer.buffer();
  private long total;
  private long lastReceived = System.nanoTime();
  private long stallTimer = -1;
  private boolean done;

  /**
   * @param decoder null = the body is not compressed
   * @param declaredLength bytes, -1 = unknown
   * @param limitBytes largest body, decoded
   */
  BodyReading(
      Call call,
      Exchange exchange,
      AsyncCallback callback,
      BodyKind kind,
      ContentDecoder decoder,
      BodyStore store,
      long declaredLength,
      long limitBytes) {
    this.call = call;
    this.exchange = exchange;
    this.callback = callback;
    this.request = call.request();
    this.kind = kind;
    this.decoder = decoder;
    this.store = store;
    this.declaredLength = declaredLength;
    this.limitBytes = limitBytes;
    this.sniffed = kind == BodyKind.JSON;
  }

  static FailureException tooLarge(long limitBytes) {
    return Failure.LENGTH_LIMIT.because("the request body is larger than " + limitBytes + " bytes");
  }

  void start() {
    call.onLeave(this::fail);
    request.handler(this::received).endHandler(v -> ended());
    // Most bodies have come with their head: those need no timer.
    call.loop()
        .runOnContext(
            v -> {
              if (!done) {
                watchForStall(STALL_MILLIS);
              }
            });
  }

  private void watchForStall(long millis) {
    stallTimer = call.loop().setTimer(millis, v -> lookForStall());
  }

  /**
   * Time in which the store was the slow one counts too: it is bounded, and 60 s of it are a fault
   * as well.
   */
  private void lookForStall() {
    long silent = (System.nanoTime() - lastReceived) / 1_000_000;
    if (silent < STALL_MILLIS) {
      watchForStall(STALL_MILLIS - silent + 1);
    } else {
      fail(Failure.BODY_TIMEOUT.because("the rest of the request body did not come"));
    }
  }

  private void received(Buffer data) {
    if (done) {
      return;
    }
    call.telemetry().received(data.length());
    lastReceived = System.nanoTime();
    Buffer told = sniffed ? data : sniff(data);
    if (told == null) {
      return;
    }
    byte[] bytes = told.getBytes();
    guarded(
        () -> {
          if (decoder == null) {
            add(bytes);
            if (store.full()) {
              pauseUntilDrained(request::resume);
            }
          } else {
            decode(bytes, 0);
          }
        });
  }

  /**
   * Decides at the first byte that is no white space; a body that begins otherwise stays a stream.
   *
   * @return the body so far, once it is known to look like JSON
   */
  private Buffer sniff(Buffer data) {
    int i = 0;
    while (i < data.length() && isWhiteSpaceOrMark(data.getByte(i))) {
      i++;
    }
    blank.appendBuffer(data);
    if (i == data.length() && blank.length() <= BLANK_LIMIT_BYTES) {
      return null;
    }
    sniffed = true;
    if (i < data.length() && data.getByte(i) == '{') {
      return blank;
    }
    request.pause();
    complete(new RequestBody.Streaming(blank, declaredLength, null));
    return null;
  }

  private static boolean isWhiteSpaceOrMark(byte b) {
    return switch (b) {
      case ' ', '\n', '\r', '\t', (byte) 0xEF, (byte) 0xBB, (byte) 0xBF -> true;
      default -> false;
    };
  }

  private void decode(byte[] bytes, int from) throws FailureException, ZipException {
    int at = from;
    while (at < bytes.length && !store.full()) {
      int to = Math.min(bytes.length, at + COMPRESSED_SLICE_BYTES);
      Decoded decoded = new Decoded();
      decoder.feed(bytes, at, to, decoded::append);
      add(decoded.bytes.getBytes());
      at = to;
    }
    int rest = at;
    if (store.full()) {
      pauseUntilDrained(() -> decode(bytes, rest));
    } else {
      request.resume();
    }
  }

  private static final class Decoded {
    private final Buffer bytes = Buffer.buffer();

    void append(byte[] piece, int from, int to) {
      bytes.appendBytes(piece, from, to - from);
    }
  }

  private void add(byte[] bytes) throws FailureException {
    total += bytes.length;
    if (total > limitBytes) {
      throw tooLarge(limitBytes);
    }
    if (scanner != null) {
      try {
        scanner.feed(bytes, 0, bytes.length);
      } catch (MalformedJsonException e) {
        notJson(e);
      }
    }
    store.add(bytes);
  }

  private void pauseUntilDrained(Step then) {
    request.pause();
    store.onDrained(
        v -> {
          if (store.failed()) {
            fail(notStored());
          } else if (!done) {
            guarded(then);
          }
        });
  }

  private static FailureException notStored() {
    return Failure.OVERLOADED.because("a request body of this size cannot be stored now");
  }

  /** An error where the client said JSON; elsewhere the bytes go up as they are. */
  private void notJson(MalformedJsonException e) throws FailureException {
    if (kind == BodyKind.JSON) {
      throw Failure.MALFORMED_JSON.because("the request body is not JSON: " + e.getMessage());
    }
    scanner = null;
  }

  private void ended() {
    if (done) {
      return;
    }
    guarded(
        () -> {
          if (!sniffed) {
            add(blank.getBytes());
          }
          if (decoder != null && !decoder.complete()) {
            throw new ZipException("it ends too early");
          }
          ChatBody json = scanned();
          store.onDrained(v -> stored(json));
        });
  }

  private ChatBody scanned() throws FailureException {
    if (scanner == null || total == 0) {
      return null;
    }
    try {
      return scanner.finish();
    } catch (MalformedJsonException e) {
      notJson(e);
      return null;
    }
  }

  private void stored(ChatBody json) {
    if (store.failed()) {
      fail(notStored());
    } else if (!done) {
      complete(store.take(json));
    }
  }

  private interface Step {
    void run() throws FailureException, ZipException;
  }

  private void guarded(Step step) {
    try {
      step.run();
    } catch (FailureException e) {
      fail(e);
    } catch (ZipException e) {
      fail(
          Failure.MALFORMED_REQUEST.because(
              "the request body is not what its Content-Encoding says: " + e.getMessage()));
    }
  }

  private void complete(RequestBody body) {
    call.body(body);
    finish();
  }

  private void fail(FailureException failure) {
    if (!done) {
      exchange.setException(failure);
      finish();
    }
  }

  private void finish() {
    done = true;
    if (stallTimer >= 0) {
      call.loop().owner().cancelTimer(stallTimer);
    }
    store.discard();
    if (decoder != null) {
      decoder.close();
    }
    callback.done(false);
  }
}

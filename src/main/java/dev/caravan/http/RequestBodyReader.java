package dev.caravan.http;

import dev.caravan.chat.ChatBody;
import dev.caravan.chat.ChatBodyScanner;
import dev.caravan.chat.MalformedJsonException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.ZipException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * A step of the ingress route: reads the request body as far as routing needs it. JSON is read
 * whole, scanned as it arrives, in memory up to 1 MiB and in a file above; everything else stays a
 * stream.
 */
@Singleton
@Named("readBody")
public class RequestBodyReader extends AsyncProcessorSupport {
  /** The largest body that is held in memory, in bytes. */
  static final int MEMORY_LIMIT_BYTES = 1 << 20;

  private final BufferBudget budget;
  private final long limitBytes;
  private final String spoolDirectory;

  /**
   * @param limitBytes {@code caravan.body-limit}: a JSON body above it is answered with 413; the
   *     limit holds for the decoded size of a compressed one
   * @param spoolDirectory {@code caravan.spool-directory}: where bodies above 1 MiB wait
   */
  RequestBodyReader(
      BufferBudget budget,
      @ConfigProperty(name = "caravan.body-limit", defaultValue = "67108864") long limitBytes,
      @ConfigProperty(name = "caravan.spool-directory", defaultValue = "${java.io.tmpdir}")
          String spoolDirectory) {
    this.budget = budget;
    this.limitBytes = limitBytes;
    this.spoolDirectory = spoolDirectory;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Call call = Call.of(exchange);
    HttpServerRequest request = call.request();
    try {
      long length = contentLength(request);
      if (length == 0) {
        callback.done(true);
        return true;
      }
      BodyKind kind = BodyKind.of(request);
      if (kind != BodyKind.OTHER && length > limitBytes) {
        throw tooLarge();
      }
      continueIfExpected(request);
      String encoding = request.getHeader("content-encoding");
      boolean encoded =
          encoding != null && !encoding.isBlank() && !encoding.equalsIgnoreCase("identity");
      ContentDecoder decoder =
          encoded && kind == BodyKind.JSON ? ContentDecoder.of(encoding) : null;
      if (kind == BodyKind.OTHER || encoded && decoder == null) {
        request.pause();
        String unreadable = kind == BodyKind.JSON ? encoding : null;
        call.body(new RequestBody.Streaming(Buffer.buffer(), length, unreadable));
        callback.done(true);
        return true;
      }
      new Reading(call, exchange, callback, kind, decoder, length).start();
      return false;
    } catch (FailureException e) {
      exchange.setException(e);
      callback.done(true);
      return true;
    }
  }

  /** Bytes; -1 = chunked. */
  private static long contentLength(HttpServerRequest request) throws FailureException {
    String transferEncoding = request.getHeader("transfer-encoding");
    if (transferEncoding != null) {
      return -1;
    }
    String length = request.getHeader("content-length");
    return length == null ? 0 : Long.parseLong(length.trim());
  }

  private static void continueIfExpected(HttpServerRequest request) throws FailureException {
    String expect = request.getHeader("expect");
    if (expect == null) {
      return;
    }
    if (!expect.trim().equalsIgnoreCase("100-continue")) {
      throw Failure.EXPECTATION_FAILED.because("Caravan knows no expectation but 100-continue");
    }
    request.response().writeContinue();
  }

  private FailureException tooLarge() {
    return Failure.LENGTH_LIMIT.because("the request body is larger than " + limitBytes + " bytes");
  }

  /** What a request says that its body is. */
  enum BodyKind {
    /** Labelled as JSON: what is not, is an error. */
    JSON,
    /**
     * No label, or one that clients send without a thought (curl's -d): JSON if it begins like an
     * object.
     */
    MAYBE_JSON,
    /** Anything else goes up as it is. */
    OTHER;

    static BodyKind of(HttpServerRequest request) {
      String type = request.getHeader("content-type");
      if (type == null || type.isBlank()) {
        return MAYBE_JSON;
      }
      String essence = type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
      if (essence.equals("application/json")
          || essence.endsWith("+json")
          || essence.equals("text/json")) {
        return JSON;
      }
      return essence.equals("application/x-www-form-urlencoded") || essence.startsWith("text/")
          ? MAYBE_JSON
          : OTHER;
    }
  }

  /** One body being read; every method runs on the call's event loop. */
  private final class Reading {
    private final Call call;
    private final Exchange exchange;
    private final AsyncCallback callback;
    private final BodyKind kind;
    private final ContentDecoder decoder;
    private final long declaredLength;
    private ChatBodyScanner scanner = new ChatBodyScanner();
    private boolean sniffed;
    private byte[] memory = new byte[0];
    private int inMemory;
    private int reserved;
    private long total;
    private SpoolFile spool;
    private boolean done;

    Reading(
        Call call,
        Exchange exchange,
        AsyncCallback callback,
        BodyKind kind,
        ContentDecoder decoder,
        long length) {
      this.call = call;
      this.exchange = exchange;
      this.callback = callback;
      this.kind = kind;
      this.decoder = decoder;
      this.declaredLength = length;
      this.sniffed = kind == BodyKind.JSON;
    }

    void start() {
      call.onLeave(this::fail);
      call.request().handler(this::chunk).endHandler(v -> ended());
    }

    private void chunk(Buffer raw) {
      if (done) {
        return;
      }
      call.telemetry().received(raw.length());
      try {
        if (!sniffed && !looksLikeJson(raw)) {
          return;
        }
        if (decoder == null) {
          append(raw);
        } else {
          byte[] bytes = raw.getBytes();
          decoder.feed(bytes, 0, bytes.length, this::appendDecoded);
        }
      } catch (FailureException e) {
        fail(e);
      } catch (ZipException e) {
        fail(
            Failure.MALFORMED_REQUEST.because(
                "the request body is not what its Content-Encoding says: " + e.getMessage()));
      } catch (DecodedTooMuch e) {
        fail(e.failure);
      }
    }

    /**
     * Decides at the first byte that is no white space; a body that begins otherwise stays a
     * stream.
     */
    private boolean looksLikeJson(Buffer raw) {
      int i = 0;
      while (i < raw.length() && isWhiteSpaceOrMark(raw.getByte(i))) {
        i++;
      }
      sniffed = i < raw.length();
      if (!sniffed || raw.getByte(i) == '{') {
        return true;
      }
      call.request().pause();
      Buffer first = Buffer.buffer().appendBytes(memory, 0, inMemory).appendBuffer(raw);
      complete(new RequestBody.Streaming(first, declaredLength, null));
      return false;
    }

    private static boolean isWhiteSpaceOrMark(byte b) {
      return b == ' '
          || b == '\n'
          || b == '\r'
          || b == '\t'
          || b == (byte) 0xEF
          || b == (byte) 0xBB
          || b == (byte) 0xBF;
    }

    /** A sink cannot throw a checked exception through the decoder. */
    private void appendDecoded(byte[] bytes, int from, int to) {
      try {
        append(Buffer.buffer(Arrays.copyOfRange(bytes, from, to)));
      } catch (FailureException e) {
        throw new DecodedTooMuch(e);
      }
    }

    private void append(Buffer data) throws FailureException {
      byte[] bytes = data.getBytes();
      total += bytes.length;
      if (total > limitBytes) {
        throw tooLarge();
      }
      scan(bytes);
      if (spool != null) {
        spoolOn(data);
      } else if (total <= MEMORY_LIMIT_BYTES && reserve(bytes.length)) {
        remember(bytes);
      } else {
        openSpool(data);
      }
    }

    private void scan(byte[] bytes) throws FailureException {
      if (scanner == null) {
        return;
      }
      try {
        scanner.feed(bytes, 0, bytes.length);
      } catch (MalformedJsonException e) {
        notJson(e);
      }
    }

    /** An error where the client said JSON; elsewhere the bytes go up as they are. */
    private void notJson(MalformedJsonException e) throws FailureException {
      if (kind == BodyKind.JSON) {
        throw Failure.MALFORMED_JSON.because(e.getMessage());
      }
      scanner = null;
    }

    private boolean reserve(int bytes) {
      if (!budget.tryReserve(bytes)) {
        return false;
      }
      reserved += bytes;
      return true;
    }

    private void remember(byte[] bytes) {
      if (inMemory == 0) {
        memory = bytes;
      } else {
        if (inMemory + bytes.length > memory.length) {
          memory =
              Arrays.copyOf(
                  memory,
                  Math.max(
                      inMemory + bytes.length, Math.min(MEMORY_LIMIT_BYTES, memory.length * 2)));
        }
        System.arraycopy(bytes, 0, memory, inMemory, bytes.length);
      }
      inMemory += bytes.length;
    }

    /**
     * From here on the body lives on disk. What arrives until the file is open is kept: at most
     * what was already read.
     */
    private Buffer waiting;

    private void openSpool(Buffer data) {
      if (waiting != null) {
        waiting.appendBuffer(data);
        return;
      }
      waiting = Buffer.buffer().appendBytes(memory, 0, inMemory).appendBuffer(data);
      memory = null;
      call.request().pause();
      SpoolFile.create(call.loop().owner(), spoolDirectory)
          .onComplete(
              opened -> {
                if (opened.failed()) {
                  fail(
                      Failure.OVERLOADED.because(
                          "a request body of this size cannot be stored now"));
                } else if (done) {
                  opened.result().close();
                } else {
                  spool = opened.result();
                  budget.release(reserved);
                  reserved = 0;
                  spool.write(waiting);
                  waiting = null;
                  call.request().resume();
                  if (endSeen) {
                    ended();
                  }
                }
              });
    }

    private void spoolOn(Buffer data) {
      spool.write(data);
      if (spool.full()) {
        call.request().pause();
        spool.onDrained(v -> call.request().resume());
      }
    }

    private boolean endSeen;

    private void ended() {
      endSeen = true;
      if (done || waiting != null) {
        return;
      }
      try {
        if (decoder != null && !decoder.complete()) {
          throw Failure.MALFORMED_REQUEST.because("the compressed request body ends too early");
        }
        ChatBody json = scanned();
        if (spool == null) {
          int bytes = reserved;
          reserved = 0;
          byte[] whole = inMemory == memory.length ? memory : Arrays.copyOf(memory, inMemory);
          complete(new RequestBody.InMemory(whole, json, () -> budget.release(bytes)));
        } else {
          spool.onDrained(v -> spooled(json));
        }
      } catch (FailureException e) {
        fail(e);
      }
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

    private void spooled(ChatBody json) {
      if (spool.failure() != null) {
        fail(Failure.OVERLOADED.because("a request body of this size cannot be stored now"));
      } else if (!done) {
        SpoolFile file = spool;
        spool = null;
        complete(new RequestBody.Spooled(file, json));
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
      if (done) {
        return;
      }
      done = true;
      budget.release(reserved);
      if (decoder != null) {
        decoder.close();
      }
      if (spool != null) {
        spool.close();
      }
      callback.done(false);
    }
  }

  private static final class DecodedTooMuch extends RuntimeException {
    private final transient FailureException failure;

    DecodedTooMuch(FailureException failure) {
      super(null, null, false, false);
      this.failure = failure;
    }
  }
}

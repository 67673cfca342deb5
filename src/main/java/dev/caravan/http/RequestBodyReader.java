package dev.caravan.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
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
        throw BodyReading.tooLarge(limitBytes);
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
      BodyStore store = new BodyStore(call.loop().owner(), budget, spoolDirectory);
      new BodyReading(call, exchange, callback, kind, decoder, store, length, limitBytes).start();
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
    // RFC 9110, 10.1.1: from an HTTP/1.0 client it is ignored; it would take 100 for the answer.
    if (expect == null || request.version() == HttpVersion.HTTP_1_0) {
      return;
    }
    if (!expect.trim().equalsIgnoreCase("100-continue")) {
      throw Failure.EXPECTATION_FAILED.because("Caravan knows no expectation but 100-continue");
    }
    request.response().writeContinue();
  }
}

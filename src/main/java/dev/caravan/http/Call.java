package dev.caravan.http;

import dev.caravan.telemetry.RequestRecord;
import dev.caravan.telemetry.RequestRecord.Outcome;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;

/**
 * One request of a client, from its head to the last byte of its answer. Every field belongs to one
 * event loop, the client connection's; {@link #onLoop()} tells whether the caller is on it.
 */
public final class Call {
  static final String PROPERTY = "CaravanCall";

  /**
   * What is read and thrown away of a request that was answered early, so that its client can read
   * the answer.
   */
  private static final long DRAIN_LIMIT_BYTES = 256L << 20;

  private static final long DRAIN_LIMIT_MILLIS = 30_000;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final ContextInternal loop;
  private final RequestTarget target;
  private final RequestRecord record = new RequestRecord();
  private final List<Handler<FailureException>> leaveHandlers = new ArrayList<>(2);
  private RequestBody body = RequestBody.NONE;
  private UpstreamRequest upstreamRequest;
  private UpstreamAnswer answer;
  private boolean gone;

  Call(HttpServerRequest request, RequestTarget target, ContextInternal loop) {
    this.request = request;
    this.response = request.response();
    this.target = target;
    this.loop = loop;
    record.request(request.method().name(), target.host(), target.path());
    response.exceptionHandler(t -> {});
    response.closeHandler(v -> leave());
  }

  /**
   * The call of an exchange that came in through {@link CaravanHttpEngine}; it has no other kind.
   */
  public static Call of(Exchange exchange) {
    return (Call) exchange.getProperty(PROPERTY);
  }

  public RequestTarget target() {
    return target;
  }

  /**
   * A header of the request as rules see it: the values of a field that comes twice joined by a
   * comma (as Envoy does), outer white space dropped. Never a query parameter.
   *
   * @return null when the request has no such field
   */
  public String header(String name) {
    MultiMap headers = request.headers();
    String first = headers.get(name);
    if (first == null) {
      return null;
    }
    List<String> all = headers.getAll(name);
    return all.size() == 1
        ? first.trim()
        : String.join(",", all.stream().map(String::trim).toList());
  }

  public RequestBody body() {
    return body;
  }

  void body(RequestBody body) {
    this.body = body;
  }

  /**
   * An answer is about to be committed: a body in memory will not be sent again, and a stream may
   * last long.
   */
  void forgetSentBody() {
    if (body instanceof RequestBody.InMemory) {
      releaseBody();
    }
  }

  void releaseBody() {
    body.release();
    body = RequestBody.NONE;
  }

  /**
   * Begins the request that will go up to a provider; what an earlier attempt prepared is
   * forgotten.
   */
  public UpstreamRequest newUpstreamRequest() {
    answer = null;
    upstreamRequest = new UpstreamRequest(this);
    return upstreamRequest;
  }

  /** The request that goes up; where no step of the route began one, it is the client's own. */
  public UpstreamRequest upstreamRequest() {
    return upstreamRequest == null ? newUpstreamRequest() : upstreamRequest;
  }

  public RequestRecord telemetry() {
    return record;
  }

  HttpServerRequest request() {
    return request;
  }

  HttpServerResponse response() {
    return response;
  }

  UpstreamAnswer answer() {
    return answer;
  }

  void answer(UpstreamAnswer answer) {
    this.answer = answer;
  }

  boolean onLoop() {
    return loop.nettyEventLoop().inEventLoop();
  }

  ContextInternal loop() {
    return loop;
  }

  boolean gone() {
    return gone;
  }

  /**
   * Runs the handler, at once where it is too late, when the client leaves before its answer is
   * whole.
   */
  void onLeave(Handler<FailureException> handler) {
    if (gone) {
      handler.handle(clientGone());
    } else {
      leaveHandlers.add(handler);
    }
  }

  private void leave() {
    if (gone || response.ended()) {
      return;
    }
    gone = true;
    record.outcome(Outcome.CLIENT_GONE);
    List.copyOf(leaveHandlers).forEach(h -> h.handle(clientGone()));
  }

  private static FailureException clientGone() {
    return Failure.CLIENT_GONE.because("the client left");
  }

  /**
   * Whether a byte of an answer has gone to the client: what was sent cannot be replaced any more.
   */
  public boolean committed() {
    return response.headWritten() || response.ended();
  }

  /**
   * Answers with an error of Caravan's own; once an answer is committed all that is left is to
   * break the connection.
   */
  void fail(FailureException failure) {
    if (!onLoop()) {
      loop.runOnContext(v -> fail(failure));
      return;
    }
    if (gone || response.ended()) {
      return;
    }
    record.failed(failure.failure().code());
    if (response.headWritten()) {
      breakOff();
      return;
    }
    byte[] json = ErrorBody.of(failure);
    record.status(failure.failure().status());
    record.sent(json.length);
    response
        .setStatusCode(failure.failure().status())
        .putHeader("content-type", "application/json");
    if (failure.failure().status() == 503) {
      response.putHeader("retry-after", "1");
    }
    end(Buffers.wrap(json));
  }

  /**
   * Ends the answer; where the request is still on its way, the connection cannot serve another.
   */
  void end(Buffer last) {
    boolean unread = bodyUnread();
    if (unread && !response.headWritten()) {
      response.putHeader("connection", "close");
    }
    response.end(last);
    if (unread) {
      drainAndClose();
    }
  }

  /** A request without a body has been read with its head, though Vert.x says so only later. */
  boolean bodyUnread() {
    String length = request.getHeader("content-length");
    return !request.isEnded()
        && (length != null && !length.equals("0")
            || request.headers().contains("transfer-encoding"));
  }

  /** No clean end: the client must see that this answer is not whole. */
  void breakOff() {
    gone = true;
    request.connection().close();
  }

  /**
   * Closing with unread bytes in the socket would reset the connection, and the client might lose
   * the answer.
   */
  private void drainAndClose() {
    if ("100-continue".equalsIgnoreCase(request.getHeader("expect")) && record.nothingReceived()) {
      request.connection().close();
      return;
    }
    long[] drained = {0};
    long timer = loop.owner().setTimer(DRAIN_LIMIT_MILLIS, t -> request.connection().close());
    request.connection().closeHandler(v -> loop.owner().cancelTimer(timer));
    request.handler(
        b -> {
          drained[0] += b.length();
          if (drained[0] > DRAIN_LIMIT_BYTES) {
            request.connection().close();
          }
        });
    request.endHandler(v -> request.connection().close());
    request.resume();
  }

  boolean http10() {
    return request.version() == HttpVersion.HTTP_1_0;
  }
}

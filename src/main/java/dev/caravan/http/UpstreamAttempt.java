package dev.caravan.http;

import dev.caravan.chat.StreamOptionsRefusal;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.Set;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/**
 * One call of one provider, from the wait for a connection to the last byte of the answer. Until
 * the head of an answer is handed to the route, a failure is an exception of the exchange;
 * afterwards it goes to {@link #onBroken}.
 */
final class UpstreamAttempt {
  private static final Set<String> ALWAYS_DROPPED = Set.of("host", "expect");
  private static final Set<String> DROPPED_WITH_KEY =
      Set.of("host", "expect", "authorization", "cookie");

  private final UpstreamProducer producer;
  private final UpstreamEndpoint endpoint;
  private final Call call;
  private final Exchange exchange;
  private final AsyncCallback callback;
  private final UpstreamRequest outgoing;
  private final Clocks clocks;
  private final Runnable granted = this::placeGranted;
  private HttpClientRequest request;
  private Handler<FailureException> onBroken;
  private FailureException broken;
  private boolean waiting;
  private boolean holdsPlace;
  private boolean lookedUpAnew;
  private boolean reused;
  private boolean bodySent;
  private UpstreamAnswer answer;
  private boolean repeated;
  private boolean answered;
  private boolean released;

  UpstreamAttempt(UpstreamProducer producer, Call call, Exchange exchange, AsyncCallback callback) {
    this.producer = producer;
    this.endpoint = producer.getEndpoint();
    this.call = call;
    this.exchange = exchange;
    this.callback = callback;
    this.outgoing = call.upstreamRequest();
    this.clocks = new Clocks(call.loop(), producer.settings(), this::fail);
  }

  Clocks clocks() {
    return clocks;
  }

  UpstreamRequest outgoing() {
    return outgoing;
  }

  void start() {
    call.onLeave(this::fail);
    if (released) {
      return;
    }
    clocks.connecting();
    waiting = !producer.host().acquire(producer.settings().maxConnections(), granted);
    if (!waiting) {
      holdsPlace = true;
      connect(false);
    }
  }

  /** Called by whoever gave a place back, on its thread. */
  private void placeGranted() {
    call.loop()
        .runOnContext(
            v -> {
              waiting = false;
              holdsPlace = true;
              if (released) {
                givePlaceBack();
              } else {
                connect(false);
              }
            });
  }

  private void connect(boolean singleUse) {
    producer
        .addresses()
        .resolve(call.loop(), endpoint.getHost(), endpoint.getPort())
        .onComplete(
            resolved -> {
              if (released) {
                return;
              }
              if (resolved.failed()) {
                fail(
                    Failure.CONNECT_FAILED.because(
                        "the name " + endpoint.getHost() + " cannot be resolved"));
              } else {
                connect(resolved.result(), 0, singleUse);
              }
            });
  }

  private void connect(List<SocketAddress> addresses, int index, boolean singleUse) {
    HttpClient client;
    try {
      client = producer.clients().ofThisLoop(singleUse);
    } catch (RuntimeException e) {
      fail(ConnectFailure.ofSettings(e, endpoint.authority()));
      return;
    }
    long share = Math.max(1, producer.settings().connectTimeout() / addresses.size());
    RequestOptions options =
        new RequestOptions()
            .setServer(addresses.get(index))
            .setHost(endpoint.getSni() == null ? endpoint.getHost() : endpoint.getSni())
            .setPort(endpoint.getPort())
            .setSsl(endpoint.isSecure())
            .setMethod(call.request().method())
            .setURI(outgoing.target())
            .setConnectTimeout(share);
    client
        .request(options)
        .onComplete(connected -> connected(connected, addresses, index, singleUse));
  }

  private void connected(
      AsyncResult<HttpClientRequest> connected,
      List<SocketAddress> addresses,
      int index,
      boolean singleUse) {
    if (released) {
      if (connected.succeeded()) {
        discard(connected.result());
      }
      return;
    }
    if (connected.succeeded()) {
      send(connected.result());
      return;
    }
    producer.addresses().forget(endpoint.getHost());
    if (ConnectFailure.isTls(connected.cause())) {
      fail(ConnectFailure.of(connected.cause(), endpoint.authority()));
    } else if (index + 1 < addresses.size()) {
      connect(addresses, index + 1, singleUse);
    } else {
      connectElsewhere(addresses, connected.cause(), singleUse);
    }
  }

  /** None of the known addresses takes a connection: the name may have moved to others. */
  private void connectElsewhere(List<SocketAddress> tried, Throwable cause, boolean singleUse) {
    FailureException failure = ConnectFailure.of(cause, endpoint.authority());
    if (lookedUpAnew) {
      fail(failure);
      return;
    }
    lookedUpAnew = true;
    producer
        .addresses()
        .resolve(call.loop(), endpoint.getHost(), endpoint.getPort())
        .onComplete(
            resolved -> {
              if (released) {
                return;
              }
              List<SocketAddress> others =
                  resolved.failed()
                      ? List.of()
                      : resolved.result().stream().filter(a -> !tried.contains(a)).toList();
              if (others.isEmpty()) {
                fail(failure);
              } else {
                connect(others, 0, singleUse);
              }
            });
  }

  /** A connection that came too late. Vert.x would log a reset of which nobody hears. */
  private static void discard(HttpClientRequest up) {
    up.exceptionHandler(t -> {});
    up.reset();
  }

  private void send(HttpClientRequest up) {
    request = up;
    UpstreamConnection connection = UpstreamConnection.of(up.connection());
    reused = connection.used();
    writeHeaders(up.headers(), connection.old());
    up.exceptionHandler(t -> {});
    up.response().onComplete(response -> answered(up, response));
    call.telemetry().sentUp();
    clocks.awaitingAnswer(outgoing.asksForStream());
    BodySender.send(call, outgoing, up, new Sending(up));
  }

  /** One sending of the body; a repeated request has another. */
  private final class Sending implements BodySender.Progress {
    private final HttpClientRequest up;

    Sending(HttpClientRequest up) {
      this.up = up;
      bodySent = false;
    }

    @Override
    public boolean wanted() {
      return !released && request == up;
    }

    @Override
    public void failed(FailureException failure) {
      fail(failure);
    }

    @Override
    public void sent() {
      bodySent = true;
    }
  }

  private void writeHeaders(MultiMap headers, boolean lastOfConnection) {
    boolean keyed = outgoing.key() != null;
    HeaderRules.copyEndToEnd(
        call.request().headers(), headers, keyed ? DROPPED_WITH_KEY : ALWAYS_DROPPED);
    headers.set(
        "host", outgoing.hostHeader() == null ? endpoint.authority() : outgoing.hostHeader());
    if (keyed) {
      headers.set("authorization", outgoing.key().authorization());
    }
    if (outgoing.isChat()) {
      headers.set("accept-encoding", "identity");
    }
    if (call.body().json() != null) {
      // JSON was decoded to be read.
      headers.remove("content-encoding");
    }
    if (lastOfConnection) {
      headers.set("connection", "close");
    }
  }

  private void answered(HttpClientRequest of, AsyncResult<HttpClientResponse> response) {
    if (released || request != of) {
      return;
    }
    if (response.failed()) {
      closedUnanswered(response.cause());
      return;
    }
    HttpClientResponse head = response.result().pause();
    head.exceptionHandler(t -> fail(ConnectFailure.whileAnswering(t, endpoint.authority())));
    answer = new UpstreamAnswer(head, this);
    if (outgoing.usageAsked() && (answer.status() == 400 || answer.status() == 422)) {
      answer.readAhead(StreamOptionsRefusal.LIMIT, this::judgeRefusal);
    } else {
      deliver();
    }
  }

  /**
   * The client must not pay for a field that only Caravan sent: asked once more without it, a
   * refusal generated nothing.
   */
  private void judgeRefusal(Buffer body) {
    if (released) {
      return;
    }
    if (!StreamOptionsRefusal.matches(answer.status(), body.getBytes())) {
      deliver();
      return;
    }
    producer.host().refusesUsageOption(true);
    outgoing.withoutUsageOption();
    freeConnection();
    clocks.connecting();
    connect(false);
  }

  /**
   * RFC 9112, 9.3.1: a kept connection may have been closed under the request; that is repeated,
   * once, on a new one.
   */
  private void closedUnanswered(Throwable cause) {
    if (reused && !repeated && ConnectFailure.isClosed(cause) && call.body().repeatable()) {
      repeated = true;
      request = null;
      clocks.connecting();
      connect(true);
    } else {
      fail(ConnectFailure.whileAnswering(cause, endpoint.authority()));
    }
  }

  private void deliver() {
    answered = true;
    call.answer(answer);
    callback.done(false);
  }

  /** Who hears of failures from now on, at once if one came before. */
  void onBroken(Handler<FailureException> handler) {
    onBroken = handler;
    if (broken != null) {
      handler.handle(broken);
    }
  }

  private void fail(FailureException failure) {
    if (released) {
      return;
    }
    release();
    if (!answered) {
      answered = true;
      exchange.setException(failure);
      callback.done(false);
    } else if (onBroken != null) {
      onBroken.handle(failure);
    } else {
      broken = failure;
    }
  }

  /**
   * The end, whole or not: frees the connection, closing it where something of this call is still
   * on it.
   */
  void release() {
    if (released) {
      return;
    }
    released = true;
    clocks.stop();
    freeConnection();
    if (waiting && producer.host().cancel(granted)) {
      waiting = false;
    }
    givePlaceBack();
  }

  /** Back to the pool if request and answer are through; otherwise it is closed. */
  private void freeConnection() {
    if (request != null && !(bodySent && answer != null && answer.ended())) {
      request.reset();
    }
    request = null;
    answer = null;
  }

  private void givePlaceBack() {
    if (holdsPlace) {
      holdsPlace = false;
      producer.host().release();
    }
  }

  /** A body is owed to the provider only by methods that have one. */
  static boolean announcesEmptyBody(HttpMethod method) {
    return method == HttpMethod.POST || method == HttpMethod.PUT || method == HttpMethod.PATCH;
  }
}

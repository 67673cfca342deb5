package dev.caravan.http;

import dev.caravan.telemetry.RequestRecord;
import dev.caravan.telemetry.RequestTelemetry;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.support.service.ServiceSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Serves the platform-http consumers on servers of our own, one per event loop of Quarkus' Vert.x:
 * the route of a request runs on the loop that accepted it, request and answer are streams. (The
 * stock engine runs routes on worker threads and does not stream.) Camel finds it by its name.
 */
@Singleton
@Named("platform-http-engine")
public class CaravanHttpEngine extends ServiceSupport implements PlatformHttpEngine {
  private static final int MAX_HEAD_BYTES = 64 * 1024;
  private static final int MAX_LINE_BYTES = 16 * 1024;
  private static final int START_SECONDS = 30;

  private final Vertx vertx;
  private final RequestTelemetry telemetry;
  private final String bind;
  private final int port;
  private final List<IngressConsumer> consumers = new CopyOnWriteArrayList<>();
  private final HttpServerOptions options;

  CaravanHttpEngine(
      Vertx vertx,
      RequestTelemetry telemetry,
      @ConfigProperty(name = "caravan.bind") String bind,
      @ConfigProperty(name = "caravan.port") int port) {
    this.vertx = vertx;
    this.telemetry = telemetry;
    this.bind = bind;
    this.port = port;
    this.options =
        new HttpServerOptions()
            .setHost(bind)
            .setPort(port)
            .setHttp2ClearTextEnabled(false)
            .setAcceptBacklog(4096)
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setMaxHeaderSize(MAX_HEAD_BYTES)
            .setMaxInitialLineLength(MAX_LINE_BYTES)
            .setDecoderInitialBufferSize(512);
  }

  @Override
  public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
    return new IngressConsumer(endpoint, processor, consumers, telemetry);
  }

  @Override
  public int getServerPort() {
    return port;
  }

  /**
   * Called by the component before its routes start; Quarkus closes the servers with its Vert.x,
   * after Camel has drained.
   */
  @Override
  protected void doStart() throws Exception {
    int loops = 0;
    for (var loop : ((VertxInternal) vertx).getEventLoopGroup()) {
      loops++;
    }
    vertx
        .deployVerticle(Server::new, new DeploymentOptions().setInstances(loops))
        .toCompletionStage()
        .toCompletableFuture()
        .get(START_SECONDS, TimeUnit.SECONDS);
  }

  private final class Server extends AbstractVerticle {
    @Override
    public void start(Promise<Void> started) {
      vertx
          .createHttpServer(options)
          .connectionHandler(CaravanHttpEngine.this::opened)
          .invalidRequestHandler(CaravanHttpEngine.this::refuse)
          .requestHandler(CaravanHttpEngine.this::accept)
          .listen()
          .<Void>mapEmpty()
          .onComplete(started);
    }
  }

  private void opened(HttpConnection connection) {
    // A client's reset reaches its call by the close handler; Vert.x would log it as an error of
    // its own.
    connection.exceptionHandler(t -> {});
    ChannelPipeline pipeline = ((ConnectionBase) connection).channel().pipeline();
    pipeline.replace("httpDecoder", "httpDecoder", new StrictRequestDecoder(options));
  }

  private void accept(HttpServerRequest request) {
    if (request.method() == HttpMethod.CONNECT) {
      tunnel(request);
      return;
    }
    ContextInternal loop = (ContextInternal) vertx.getOrCreateContext();
    RequestTarget target;
    try {
      checkFraming(request);
      target = RequestTarget.of(request.uri(), request.headers());
    } catch (FailureException e) {
      refuse(request, e);
      return;
    }
    IngressConsumer consumer = consumerOf(target.path());
    Call call = new Call(request, target, loop);
    if (consumer == null) {
      call.fail(Failure.NOT_READY.because("Caravan has not started yet"));
    } else {
      consumer.accept(call);
    }
  }

  /**
   * Vert.x and Netty take these as "no body"; another proxy on the way may not (request smuggling).
   */
  private static void checkFraming(HttpServerRequest request) throws FailureException {
    List<String> codings = request.headers().getAll("transfer-encoding");
    if (!codings.isEmpty()
        && (codings.size() > 1
            || !codings.getFirst().trim().equalsIgnoreCase("chunked")
            || request.version() == HttpVersion.HTTP_1_0)) {
      throw Failure.MALFORMED_REQUEST.because(
          "the only transfer coding that Caravan reads is chunked");
    }
    if (request.headers().contains("")) {
      throw Failure.MALFORMED_REQUEST.because("the request has a header without a name");
    }
  }

  /**
   * A proxy client that tunnels plain HTTP too (undici's ProxyAgent, curl -p): what comes through
   * the tunnel is HTTP again, so the connection is simply read on. Other ports carry TLS, which is
   * the client's secret.
   */
  private void tunnel(HttpServerRequest request) {
    if (request.uri().endsWith(":80")) {
      request.response().end();
    } else {
      refuse(
          request,
          Failure.METHOD_NOT_SUPPORTED.because(
              "Caravan opens no tunnels: use http:// for the hosts that it serves"));
    }
  }

  private IngressConsumer consumerOf(String path) {
    for (IngressConsumer consumer : consumers) {
      if (consumer.matches(path)) {
        return consumer;
      }
    }
    return null;
  }

  /** What is no HTTP request at all, or one that Netty's decoder refused. */
  private void refuse(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    FailureException failure =
        switch (cause) {
          case TooLongHttpLineException e ->
              Failure.TARGET_TOO_LONG.because(
                  "the request line is longer than " + MAX_LINE_BYTES + " bytes");
          case TooLongHttpHeaderException e ->
              Failure.HEAD_TOO_LARGE.because(
                  "the request head is larger than " + MAX_HEAD_BYTES + " bytes");
          case TooLongFrameException e ->
              Failure.HEAD_TOO_LARGE.because(
                  "the request head is larger than " + MAX_HEAD_BYTES + " bytes");
          case null, default ->
              Failure.MALFORMED_REQUEST.because("the request is not valid HTTP/1.1");
        };
    refuse(request, failure);
  }

  private void refuse(HttpServerRequest request, FailureException failure) {
    telemetry.started();
    RequestRecord refused = new RequestRecord();
    refused.request(request.method() == null ? null : request.method().name(), null, null);
    refused.status(failure.failure().status());
    refused.failed(failure.failure().code());
    telemetry.ended(refused);
    request
        .response()
        .setStatusCode(failure.failure().status())
        .putHeader("content-type", "application/json")
        .putHeader("connection", "close")
        .end(Buffer.buffer(ErrorBody.of(failure)))
        .onComplete(v -> request.connection().close());
  }
}

package dev.caravan.http;

import dev.caravan.telemetry.RequestTelemetry;
import java.util.Comparator;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Suspendable;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.support.DefaultConsumer;

/**
 * Runs a route on the event loop that calls it. The exchange ends when the last byte of the answer
 * is written, so that Camel's shutdown waits for streams.
 */
final class IngressConsumer extends DefaultConsumer implements PlatformHttpConsumer, Suspendable {
  private final List<IngressConsumer> registry;
  private final RequestTelemetry telemetry;
  private final String prefix;
  private final boolean exact;
  private volatile boolean draining;

  IngressConsumer(
      PlatformHttpEndpoint endpoint,
      Processor processor,
      List<IngressConsumer> registry,
      RequestTelemetry telemetry) {
    super(endpoint, processor);
    this.registry = registry;
    this.telemetry = telemetry;
    String path =
        endpoint.getPath().startsWith("/") ? endpoint.getPath() : "/" + endpoint.getPath();
    this.exact = !path.endsWith("*") && !endpoint.isMatchOnUriPrefix();
    this.prefix = path.endsWith("*") ? path.substring(0, path.length() - 1) : path;
  }

  @Override
  public PlatformHttpEndpoint getEndpoint() {
    return (PlatformHttpEndpoint) super.getEndpoint();
  }

  /** An {@code OPTIONS *} belongs to the consumer of everything. */
  boolean matches(String path) {
    return exact ? path.equals(prefix) : path.startsWith(prefix) || prefix.equals("/");
  }

  void accept(Call call) {
    telemetry.started();
    Exchange exchange = createExchange(false);
    exchange.setProperty(Call.PROPERTY, call);
    if (draining) {
      call.fail(Failure.DRAINING.because("Caravan is shutting down"));
      done(call, exchange);
      return;
    }
    getAsyncProcessor().process(exchange, doneSync -> done(call, exchange));
  }

  private void done(Call call, Exchange exchange) {
    if (!call.onLoop()) {
      call.loop().runOnContext(v -> done(call, exchange));
      return;
    }
    Throwable problem = exchange.getException();
    if (problem != null) {
      if (!(problem instanceof FailureException)) {
        getExceptionHandler().handleException("Request failed", exchange, problem);
      }
      call.fail(FailureException.of(problem));
    } else if (!call.committed() && !call.gone()) {
      call.fail(Failure.INTERNAL.because("the route ended without an answer"));
    }
    call.releaseBody();
    telemetry.ended(call.telemetry());
    releaseExchange(exchange, false);
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    draining = false;
    registry.add(this);
    registry.sort(Comparator.comparingInt((IngressConsumer c) -> c.prefix.length()).reversed());
  }

  /** The first thing that Camel does when it shuts down: what is in flight goes on. */
  @Override
  protected void doSuspend() {
    draining = true;
  }

  @Override
  protected void doResume() {
    draining = false;
  }

  @Override
  protected void doStop() throws Exception {
    registry.remove(this);
    super.doStop();
  }
}

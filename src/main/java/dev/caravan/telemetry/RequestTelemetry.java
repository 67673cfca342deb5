package dev.caravan.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts requests, what is in flight and tokens, and has each request written to the access log.
 */
@Singleton
public class RequestTelemetry {
  private final MeterRegistry registry;
  private final AccessLog accessLog;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final Map<Series, Meters> meters = new ConcurrentHashMap<>();

  RequestTelemetry(MeterRegistry registry, AccessLog accessLog) {
    this.registry = registry;
    this.accessLog = accessLog;
    registry.gauge("caravan.requests.inflight", inFlight);
  }

  /**
   * The labels of a request's counters: all from configuration or fixed sets, none from the client.
   */
  private record Series(
      String host, String rule, String provider, String statusClass, String outcome) {}

  private record Meters(Counter requests, Counter promptTokens, Counter completionTokens) {}

  public void started() {
    inFlight.incrementAndGet();
  }

  /**
   * To be called once for each {@link #started()}, when the last byte has gone or the client has
   * left.
   */
  public void ended(RequestRecord request) {
    inFlight.decrementAndGet();
    request.end();
    Meters m = meters.computeIfAbsent(seriesOf(request), this::register);
    m.requests.increment();
    if (request.promptTokens > 0) {
      m.promptTokens.increment(request.promptTokens);
    }
    if (request.completionTokens > 0) {
      m.completionTokens.increment(request.completionTokens);
    }
    accessLog.write(request);
  }

  /** A host that no configuration names is the client's word: it gets no series of its own. */
  private static Series seriesOf(RequestRecord r) {
    boolean routed = r.rule != null;
    return new Series(
        routed ? r.host : "",
        routed ? r.rule : "",
        r.provider == null ? "" : r.provider,
        r.status / 100 + "xx",
        r.failure == null ? r.outcome.label : r.failure);
  }

  private Meters register(Series s) {
    Tags tags =
        Tags.of(
            "host",
            s.host,
            "rule",
            s.rule,
            "provider",
            s.provider,
            "status_class",
            s.statusClass,
            "outcome",
            s.outcome);
    return new Meters(
        registry.counter("caravan.requests", tags),
        registry.counter("caravan.tokens", tags.and("type", "input")),
        registry.counter("caravan.tokens", tags.and("type", "output")));
  }
}

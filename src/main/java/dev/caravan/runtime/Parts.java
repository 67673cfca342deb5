package dev.caravan.runtime;

import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.DataPlane;
import dev.caravan.plan.RoutingPlanner;
import dev.caravan.resource.DirectoryResourceSource;
import dev.caravan.resource.ResourceSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes the parts that settings decide. */
final class Parts {
  private final Settings settings;

  Parts(Settings settings) {
    this.settings = settings;
  }

  @Produces
  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  @Produces
  @Singleton
  DataPlane dataPlane() {
    Map<String, String> labels = new TreeMap<>();
    settings.labels().orElse(List.of()).stream()
        .map(Label::parse)
        .forEach(label -> labels.put(label.name(), label.value()));
    return new DataPlane(settings.namespace(), labels, settings.gateway());
  }

  @Produces
  @Singleton
  RoutingPlanner planner(DataPlane dataPlane) {
    return new RoutingPlanner(dataPlane);
  }

  @Produces
  @Singleton
  ResourceSource source() {
    return new DirectoryResourceSource(
        settings.paths().orElse(List.of()), settings.namespace().orElse("default"));
  }

  @Produces
  @Singleton
  @Named("upstream")
  UpstreamComponent upstream(Vertx vertx, MeterRegistry registry)
      throws IOException, GeneralSecurityException {
    Map<String, SocketAddress> resolve = new TreeMap<>();
    settings.resolve().orElse(List.of()).stream()
        .map(ResolveEntry::parse)
        .forEach(entry -> resolve.put(entry.name(), entry.address()));
    TrustOptions trust = settings.ca().isEmpty() ? null : ExtraTrust.beside(settings.ca().get());
    UpstreamComponent component = new UpstreamComponent(vertx, resolve, trust);
    registry.gauge(
        "caravan.upstream.connections.active", component, UpstreamComponent::activeRequests);
    return component;
  }
}

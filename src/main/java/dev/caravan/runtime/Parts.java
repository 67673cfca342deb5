package dev.caravan.runtime;

import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.DataPlane;
import dev.caravan.plan.RoutingPlanner;
import dev.caravan.resource.DirectoryResourceSource;
import dev.caravan.resource.ResourceSource;
import dev.caravan.resource.kubernetes.Clusters;
import dev.caravan.resource.kubernetes.KubernetesResourceSource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.literal.NamedLiteral;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** Files where there are any, else a cluster where one is known; else nothing is served. */
  @Produces
  @Singleton
  ResourceSource source(@Any Instance<KubernetesClient> clients) {
    return settings.readsCluster()
        ? kubernetes(
            clients.select(NamedLiteral.of("configClient")).get(),
            clients.select(NamedLiteral.of("workloadClient")).get())
        : new DirectoryResourceSource(
            settings.paths().orElse(List.of()), settings.namespace().orElse("default"));
  }

  private KubernetesResourceSource kubernetes(KubernetesClient config, KubernetesClient workload) {
    return new KubernetesResourceSource(
        config,
        workload,
        settings.watch() == Settings.Watch.OWN ? settings.namespace() : Optional.empty());
  }

  /** The cluster with the two kinds. */
  @Produces
  @Singleton
  @Named("configClient")
  KubernetesClient configClient(Vertx vertx, @Named("workloadClient") KubernetesClient workload) {
    return settings.configKubeconfig().isEmpty()
        ? workload
        : Clusters.open(settings.configKubeconfig(), vertx, settings.watchSilence());
  }

  /** The cluster with pods, Services and Secrets. */
  @Produces
  @Singleton
  @Named("workloadClient")
  KubernetesClient workloadClient(Vertx vertx) {
    return Clusters.open(settings.kubeconfig(), vertx, settings.watchSilence());
  }

  void close(@Disposes @Any KubernetesClient client) {
    client.close();
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

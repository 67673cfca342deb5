package dev.caravan.resource.kubernetes;

import dev.caravan.api.ClusterBackends;
import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.References;
import dev.caravan.api.SecretData;
import dev.caravan.api.ServicePorts;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.stream.Stream;

/** The objects that resources refer to: each is watched by itself, for as long as it is wanted. */
final class Referents implements AutoCloseable {
  private final KubernetesClient client;
  private final ScheduledExecutorService thread;
  private final Runnable changed;
  private final Map<ObjectName, Referent<Secret, SecretData>> secrets = new TreeMap<>();
  private final Map<ObjectName, Referent<Service, ServicePorts>> services = new TreeMap<>();

  Referents(KubernetesClient client, ScheduledExecutorService thread, Runnable changed) {
    this.client = client;
    this.thread = thread;
    this.changed = changed;
  }

  /** Watches these and no others. */
  void watch(References wanted) {
    keep(secrets, wanted.secrets(), this::secret);
    keep(services, wanted.services(), this::service);
  }

  private static <W extends AutoCloseable> void keep(
      Map<ObjectName, W> open, Set<ObjectName> wanted, Function<ObjectName, W> opener) {
    open.entrySet()
        .removeIf(
            entry -> {
              boolean over = !wanted.contains(entry.getKey());
              if (over) {
                close(entry.getValue());
              }
              return over;
            });
    wanted.forEach(name -> open.computeIfAbsent(name, opener));
  }

  private Referent<Secret, SecretData> secret(ObjectName name) {
    var object =
        new SingleObject<Secret>(
            "Secret",
            name,
            () -> client.secrets().inNamespace(name.namespace()).withName(name.name()));
    return new Referent<>(
        new Watch<>(object, thread, changed, true).start(), ApiServerObjects::secretData);
  }

  private Referent<Service, ServicePorts> service(ObjectName name) {
    var object =
        new SingleObject<Service>(
            "Service",
            name,
            () -> client.services().inNamespace(name.namespace()).withName(name.name()));
    return new Referent<>(
        new Watch<>(object, thread, changed, true).start(), ApiServerObjects::servicePorts);
  }

  /** Whether the server has said nothing yet about one of them. */
  boolean pending() {
    return Stream.concat(secrets.values().stream(), services.values().stream())
        .anyMatch(Referent::pending);
  }

  Map<ObjectName, Lookup<SecretData>> secrets() {
    return found(secrets, Referent::lookup);
  }

  ClusterBackends backends() {
    return new ClusterBackends(found(services, Referent::lookup));
  }

  private static <W, R> Map<ObjectName, R> found(
      Map<ObjectName, W> open, Function<W, Optional<R>> lookup) {
    Map<ObjectName, R> found = new HashMap<>();
    open.forEach((name, one) -> lookup.apply(one).ifPresent(there -> found.put(name, there)));
    return found;
  }

  private static void close(AutoCloseable watch) {
    try {
      watch.close();
    } catch (Exception e) {
      throw new IllegalStateException("a watch does not throw when it is closed", e);
    }
  }

  @Override
  public void close() {
    watch(References.NONE);
  }
}

package dev.caravan.resource.kubernetes;

import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.PoolEndpoints;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/**
 * An InferencePool and the pods that it selects. The endpoint picker that a pool may name is not
 * asked: ready pods are taken in turn.
 */
final class Pool implements AutoCloseable {
  /** The version that the Gateway API Inference Extension calls stable. */
  private static final ResourceDefinitionContext POOLS =
      new ResourceDefinitionContext.Builder()
          .withGroup("inference.networking.k8s.io")
          .withVersion("v1")
          .withKind("InferencePool")
          .withPlural("inferencepools")
          .withNamespaced(true)
          .build();

  private final KubernetesClient client;
  private final ObjectName name;
  private final ScheduledExecutorService thread;
  private final Runnable changed;
  private final Watch<GenericKubernetesResource> pool;
  private Map<String, String> selector = Map.of();
  private Watch<Pod> pods;

  Pool(
      KubernetesClient client, ObjectName name, ScheduledExecutorService thread, Runnable changed) {
    this.client = client;
    this.name = name;
    this.thread = thread;
    this.changed = changed;
    this.pool =
        new Watch<>(
                new SingleObject<>(
                    "InferencePool",
                    name,
                    () ->
                        client
                            .genericKubernetesResources(POOLS)
                            .inNamespace(name.namespace())
                            .withName(name.name())),
                thread,
                changed,
                true)
            .start();
  }

  /** Follows the pool's selector; to be called when something has changed. */
  void refresh() {
    List<GenericKubernetesResource> found = pool.items();
    Map<String, String> wanted =
        found.isEmpty() ? Map.of() : ApiServerObjects.poolSelector(found.getFirst());
    if (wanted.equals(selector)) {
      return;
    }
    selector = wanted;
    if (pods != null) {
      pods.close();
    }
    pods =
        wanted.isEmpty() ? null : new Watch<>(new Selected(wanted), thread, changed, true).start();
  }

  boolean pending() {
    return !pool.answered() || pods != null && !pods.answered();
  }

  /** Empty: there is no such pool. */
  Optional<Lookup<PoolEndpoints>> lookup() {
    List<GenericKubernetesResource> found = pool.items();
    if (found.isEmpty()) {
      return Referent.absence(pool).map(Lookup.Refused::new);
    }
    if (pods == null) {
      return Optional.of(new Lookup.Refused<>("has no selector.matchLabels"));
    }
    Optional<String> unread = pods.synced() ? Optional.empty() : Referent.absence(pods);
    return Optional.of(
        unread
            .<Lookup<PoolEndpoints>>map(
                why -> new Lookup.Refused<>("has pods that cannot be listed: " + why))
            .orElseGet(
                () ->
                    new Lookup.Found<>(
                        ApiServerObjects.poolEndpoints(
                            pods.items(), ApiServerObjects.poolPorts(found.getFirst())))));
  }

  @Override
  public void close() {
    pool.close();
    if (pods != null) {
      pods.close();
    }
  }

  private final class Selected implements Watched<Pod> {
    private final Map<String, String> labels;

    Selected(Map<String, String> labels) {
      this.labels = labels;
    }

    private FilterWatchListDeletable<Pod, io.fabric8.kubernetes.api.model.PodList, PodResource>
        pods() {
      return client.pods().inNamespace(name.namespace()).withLabels(labels);
    }

    @Override
    public String name() {
      return "pods of InferencePool " + Pool.this.name;
    }

    @Override
    public SharedIndexInformer<Pod> informer() {
      return pods().runnableInformer(0);
    }

    @Override
    public void probe() {
      pods().list(new ListOptionsBuilder().withLimit(1L).build());
    }

    @Override
    public Pod slim(Pod pod, Pod before) {
      ObjectMeta meta = new ObjectMeta();
      meta.setName(pod.getMetadata().getName());
      meta.setNamespace(pod.getMetadata().getNamespace());
      meta.setResourceVersion(pod.getMetadata().getResourceVersion());
      meta.setDeletionTimestamp(pod.getMetadata().getDeletionTimestamp());
      return new PodBuilder()
          .withMetadata(meta)
          .withNewStatus()
          .withPodIP(pod.getStatus() == null ? null : pod.getStatus().getPodIP())
          .withConditions(pod.getStatus() == null ? List.of() : pod.getStatus().getConditions())
          .endStatus()
          .build();
    }
  }
}

package dev.caravan.resource.kubernetes;

import dev.caravan.api.ApiGroup;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.Problem;
import dev.caravan.api.References;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.resource.ResourceSource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Resources from an API server. Whatever changes, one thread looks at all that is known and hands
 * on a whole snapshot, so that a lost or doubled event does no harm. While the server is away the
 * last snapshot stands.
 */
public final class KubernetesResourceSource implements ResourceSource {
  private static final Logger LOG = Logger.getLogger("caravan.kubernetes");

  /** Changes that come together (kubectl apply of a file) are taken together. */
  private static final Duration DEBOUNCE = Duration.ofMillis(10);

  /** How long a change waits for the objects that it refers to before it is handed on without. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Optional<String> namespace;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("caravan-kubernetes").factory());
  private final Watch<GenericKubernetesResource> providers;
  private final Watch<GenericKubernetesResource> routes;
  private final Referents referents;
  private final AtomicBoolean due = new AtomicBoolean();
  private Listener listener;
  private ResourceSnapshot told;
  private References wanted = References.NONE;
  private List<Resource<?>> referring = List.of();
  private long waitingSince;
  private boolean waiting;

  /**
   * @param config the cluster where the two kinds are
   * @param workload the cluster where Secrets, Services and pods are; often the same
   * @param namespace the one that is watched; empty: all
   */
  public KubernetesResourceSource(
      KubernetesClient config, KubernetesClient workload, Optional<String> namespace) {
    this.namespace = namespace;
    this.providers =
        kind(new Kind<>(config, namespace, ApiGroup.PROVIDER_KIND, LLMProviderSpec.class));
    this.routes = kind(new Kind<>(config, namespace, ApiGroup.ROUTE_KIND, LLMRouteSpec.class));
    this.referents = new Referents(workload, thread, this::changed);
  }

  private Watch<GenericKubernetesResource> kind(Kind<?> kind) {
    return new Watch<>(kind, thread, this::changed, false);
  }

  @Override
  public void start(Listener to) {
    listener = to;
    providers.start();
    routes.start();
  }

  @Override
  public Optional<String> missing() {
    List<String> missing = new ArrayList<>();
    missing(providers, "llmproviders").ifPresent(missing::add);
    missing(routes, "llmroutes").ifPresent(missing::add);
    return missing.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", missing));
  }

  private Optional<String> missing(Watch<?> watch, String plural) {
    String kind = plural + "." + ApiGroup.NAME;
    return switch (watch.state()) {
      case NO_SUCH_KIND ->
          Optional.of(
              "the kind %s is not installed in the cluster; kubectl apply -k crds/ installs it"
                  .formatted(kind));
      case FORBIDDEN ->
          watch.synced()
              ? Optional.empty()
              : Optional.of(
                  "%s may not be read%s: %s"
                      .formatted(
                          kind,
                          namespace.map(ns -> " in namespace " + ns).orElse(" in all namespaces"),
                          watch.trouble()));
      case AWAY ->
          watch.synced()
              ? Optional.empty()
              : Optional.of("%s cannot be read: %s".formatted(kind, watch.trouble()));
      case WAITING -> Optional.of("%s have not been read yet".formatted(kind));
      case WATCHING -> Optional.empty();
    };
  }

  private void changed() {
    if (due.compareAndSet(false, true)) {
      later(DEBOUNCE);
    }
  }

  private void later(Duration delay) {
    try {
      thread.schedule(this::reconcile, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.trace("closed", e);
    }
  }

  /** Nothing that goes wrong in one round may end the flow of configuration. */
  private void reconcile() {
    due.set(false);
    try {
      if (known(providers) && known(routes)) {
        handOn();
      }
    } catch (RuntimeException | Error e) {
      LOG.error("The resources could not be taken over; what was served stays", e);
    }
  }

  /** A kind that is gone after it was there is known to be empty; at the start it is waited for. */
  private boolean known(Watch<?> watch) {
    return watch.synced() || told != null && watch.state() == Watch.State.NO_SUCH_KIND;
  }

  private void handOn() {
    List<Problem> problems = new ArrayList<>();
    List<Resource<LLMProviderSpec>> readProviders = Kind.resources(providers.items(), problems);
    List<Resource<LLMRouteSpec>> readRoutes = Kind.resources(routes.items(), problems);
    refer(readProviders, readRoutes, problems);
    referents.watch(wanted);
    if (referents.pending() && !outOfPatience()) {
      return;
    }
    waiting = false;
    ResourceSnapshot now =
        new ResourceSnapshot(
            readProviders,
            readRoutes,
            referents.secrets(),
            Optional.of(referents.backends()),
            problems);
    if (!now.equals(told)) {
      told = now;
      listener.accept(now);
    }
  }

  /** Asks anew what has to be read, if the resources are not those of the last time. */
  private void refer(
      List<Resource<LLMProviderSpec>> readProviders,
      List<Resource<LLMRouteSpec>> readRoutes,
      List<Problem> problems) {
    List<Resource<?>> now =
        Stream.<Resource<?>>concat(readProviders.stream(), readRoutes.stream()).toList();
    if (sameInstances(now, referring)) {
      return;
    }
    wanted =
        listener.references(
            new ResourceSnapshot(
                readProviders,
                readRoutes,
                referents.secrets(),
                Optional.of(referents.backends()),
                problems));
    referring = now;
  }

  private static boolean sameInstances(List<Resource<?>> some, List<Resource<?>> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      if (some.get(i) != others.get(i)) {
        return false;
      }
    }
    return true;
  }

  /** A referent that was answered calls; one that is not must not hold all others up. */
  private boolean outOfPatience() {
    if (!waiting) {
      waiting = true;
      waitingSince = System.nanoTime();
      later(PATIENCE);
    }
    return System.nanoTime() - waitingSince >= PATIENCE.toNanos();
  }

  @Override
  public void close() {
    thread.shutdownNow();
    providers.close();
    routes.close();
    referents.close();
    try {
      thread.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

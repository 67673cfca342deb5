package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.Problem;
import dev.caravan.api.References;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceId;
import dev.caravan.api.ResourceSnapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Resources in, routing plan out: the same resources always give the same plan, on every data plane
 * alike. No resource that cannot be used has an effect on another one.
 */
public final class RoutingPlanner {
  private final DataPlane dataPlane;

  public RoutingPlanner(DataPlane dataPlane) {
    this.dataPlane = dataPlane;
  }

  /**
   * @param before what the planning before this one gave, so that a resource whose new version is
   *     unusable goes on with its last good one; {@link LastGood#NONE} at first
   */
  public PlanResult plan(ResourceSnapshot now, LastGood before) {
    List<Problem> problems = new ArrayList<>(now.problems());
    Map<ResourceId, LLMProviderSpec> goodProviders = new HashMap<>();
    Map<ResourceId, LLMRouteSpec> goodRoutes = new HashMap<>();
    HostPlanner planner = read(now, before, goodProviders, goodRoutes, problems);
    var hosts = planner.plan();
    problems.sort(Problem.ORDER);
    return new PlanResult(
        new RoutingPlan(hosts, problems.stream().distinct().toList()),
        new LastGood(goodProviders, goodRoutes));
  }

  /**
   * The objects that a plan of these resources needs on this data plane, and no others: a sidecar
   * reads no Secret of a provider that is not for its pod.
   */
  public References references(ResourceSnapshot now, LastGood before) {
    return read(now, before, new HashMap<>(), new HashMap<>(), new ArrayList<>()).references();
  }

  private HostPlanner read(
      ResourceSnapshot now,
      LastGood before,
      Map<ResourceId, LLMProviderSpec> goodProviders,
      Map<ResourceId, LLMRouteSpec> goodRoutes,
      List<Problem> problems) {
    List<Read<ProviderDraft>> providers = new ArrayList<>();
    List<Read<RouteDraft>> routes = new ArrayList<>();
    for (Resource<LLMProviderSpec> resource : now.providers()) {
      read(resource, ProviderReader::read, before.providers(), goodProviders, problems)
          .ifUsable(providers::add);
    }
    for (Resource<LLMRouteSpec> resource : now.routes()) {
      read(resource, RouteReader::read, before.routes(), goodRoutes, problems)
          .ifUsable(routes::add);
    }
    return new HostPlanner(dataPlane, providers, routes, now, problems);
  }

  private interface Reader<S, D> {
    D read(S spec, String namespace, Findings findings);
  }

  /**
   * A resource and what was read of the version that counts.
   *
   * @param draft null: no version of it is usable
   */
  record Read<D>(Resource<?> resource, D draft) {
    /** As Kubernetes settles conflicts: the oldest first, then by namespace and name. */
    static final Comparator<Read<?>> PRECEDENCE =
        Comparator.comparing(
                Read<?>::createdAt, Comparator.nullsLast(Comparator.<Instant>naturalOrder()))
            .thenComparing(Read::id);

    ResourceId id() {
      return resource.id();
    }

    private Instant createdAt() {
      return resource.creationTimestamp();
    }

    void problem(
        Problem.Severity severity,
        String reason,
        FieldPath path,
        String message,
        List<Problem> problems) {
      problems.add(Problem.of(severity, resource, reason, path, message));
    }

    void ifUsable(Consumer<Read<D>> consumer) {
      if (draft != null) {
        consumer.accept(this);
      }
    }
  }

  private static <S, D> Read<D> read(
      Resource<S> resource,
      Reader<S, D> reader,
      Map<ResourceId, S> before,
      Map<ResourceId, S> good,
      List<Problem> problems) {
    Function<S, D> again = spec -> reader.read(spec, resource.namespace(), new Findings(resource));
    S lastGood = before.get(resource.id());
    if (lastGood != null) {
      good.put(resource.id(), lastGood);
    }
    if (resource.readable()) {
      Findings findings = new Findings(resource);
      D draft = reader.read(resource.spec(), resource.namespace(), findings);
      problems.addAll(findings.problems());
      if (findings.usable()) {
        good.put(resource.id(), resource.spec());
        return new Read<>(resource, draft);
      }
      if (lastGood == null && findings.usableButForTraffic()) {
        return new Read<>(resource, draft);
      }
    }
    return new Read<>(resource, lastGood == null ? null : again.apply(lastGood));
  }
}

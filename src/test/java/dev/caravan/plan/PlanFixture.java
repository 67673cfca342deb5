package dev.caravan.plan;

import dev.caravan.api.Problem;
import dev.caravan.resource.Manifests;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Short ways to write resources and to plan them. */
final class PlanFixture {
  private PlanFixture() {}

  static DataPlane in(String namespace) {
    return new DataPlane(Optional.of(namespace), Map.of(), Optional.empty());
  }

  static DataPlane labelled(String namespace, String key, String value) {
    return new DataPlane(Optional.of(namespace), Map.of(key, value), Optional.empty());
  }

  static DataPlane gateway(String name) {
    return new DataPlane(Optional.empty(), Map.of(), Optional.of(name));
  }

  static RoutingPlan plan(String... documents) {
    return plan(DataPlane.ANYWHERE, documents);
  }

  static RoutingPlan plan(DataPlane dataPlane, String... documents) {
    return result(dataPlane, LastGood.NONE, documents).plan();
  }

  static PlanResult result(DataPlane dataPlane, LastGood before, String... documents) {
    return new RoutingPlanner(dataPlane).plan(Manifests.of(documents), before);
  }

  static String provider(String name, String host, String... moreSpec) {
    return providerIn("default", name, null, host, moreSpec);
  }

  static String providerIn(
      String namespace, String name, String created, String host, String... moreSpec) {
    return resource("LLMProvider", namespace, name, created, "host: " + host, moreSpec);
  }

  /** Rules are written in YAML's flow style or in lines. */
  static String route(String name, String host, String... moreSpec) {
    return routeIn("default", name, null, host, moreSpec);
  }

  static String routeIn(
      String namespace, String name, String created, String host, String... moreSpec) {
    return resource("LLMRoute", namespace, name, created, "host: " + host, moreSpec);
  }

  private static String resource(
      String kind, String namespace, String name, String created, String first, String... more) {
    return """
    apiVersion: istio.alibabacloud.com/v1beta1
    kind: %s
    metadata: {name: %s, namespace: %s%s}
    spec:
      %s
      %s
    """
        .formatted(
            kind,
            name,
            namespace,
            created == null ? "" : ", creationTimestamp: " + created,
            first,
            String.join("\n", more).replace("\n", "\n  "));
  }

  static String secret(String namespace, String name, String annotations, String stringData) {
    return """
    apiVersion: v1
    kind: Secret
    metadata: {name: %s, namespace: %s, annotations: {%s}}
    stringData: {%s}
    """
        .formatted(name, namespace, annotations, stringData);
  }

  static RulePlan rule(RoutingPlan plan, String host, int index) {
    return plan.byName().get(host).rules().get(index);
  }

  static Target.Provider target(RoutingPlan plan, String host) {
    return (Target.Provider) rule(plan, host, 0).backends().getFirst().target();
  }

  /** {@code reason path} of each problem. */
  static List<String> problems(RoutingPlan plan) {
    return plan.problems().stream()
        .map(problem -> problem.reason() + " " + problem.path())
        .toList();
  }

  static List<Problem> errors(RoutingPlan plan) {
    return plan.problems().stream().filter(Problem::isError).toList();
  }
}

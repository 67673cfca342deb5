package dev.caravan.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.api.ClusterBackends;
import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.Problem;
import dev.caravan.api.References;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.api.SecretData;
import dev.caravan.api.ServicePorts;
import dev.caravan.resource.Manifests;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which objects a plan needs, and what it makes of those that a cluster has. */
class ReferencesTest {
  private static final ObjectName KEYS = new ObjectName("default", "keys");
  private static final ObjectName LLM = new ObjectName("models", "llm");
  private static final String PROVIDER =
      """
      apiVersion: istio.alibabacloud.com/v1beta1
      kind: LLMProvider
      metadata: {name: p}
      spec:
        host: p.test
        SELECTOR
        configs: {defaultConfig: {openAIConfig: {apiKeySecretRef: {name: keys, key: k}}}}
      """;
  private static final String ROUTE =
      """
      apiVersion: istio.alibabacloud.com/v1beta1
      kind: LLMRoute
      metadata: {name: r}
      spec:
        host: r.test
        rules: [{backendRefs: [{backendRef: {name: llm, namespace: models, port: 8000}}]}]
      """;

  @Test
  void the_secrets_and_services_of_what_applies_are_wanted() {
    ResourceSnapshot snapshot = Manifests.of(PROVIDER.replace("SELECTOR", ""), ROUTE);

    References wanted = planner(Map.of()).references(snapshot, LastGood.NONE);

    assertThat(wanted.secrets()).containsExactly(KEYS);
    assertThat(wanted.services()).containsExactly(LLM);
  }

  @Test
  void a_provider_for_other_pods_has_no_secret_read_here() {
    ResourceSnapshot snapshot =
        Manifests.of(PROVIDER.replace("SELECTOR", "workloadSelector: {labels: {app: billing}}"));

    assertThat(planner(Map.of("app", "shop")).references(snapshot, LastGood.NONE).secrets())
        .isEmpty();
    assertThat(planner(Map.of("app", "billing")).references(snapshot, LastGood.NONE).secrets())
        .containsExactly(KEYS);
  }

  @Test
  void the_secret_of_a_last_good_version_stays_wanted() {
    RoutingPlanner planner = planner(Map.of());
    String good = PROVIDER.replace("SELECTOR", "");
    LastGood before = planner.plan(Manifests.of(good), LastGood.NONE).good();
    String bad = good.replace("name: keys", "name: other").replace("host: p.test", "port: 0");

    assertThat(planner.references(Manifests.of(bad), before).secrets()).containsExactly(KEYS);
  }

  @Test
  void a_secret_that_may_not_be_read_is_told_with_the_servers_words() {
    ResourceSnapshot files = Manifests.of(PROVIDER.replace("SELECTOR", ""));
    Lookup<SecretData> refused = new Lookup.Refused<>("may not be read: forbidden to app");
    ResourceSnapshot snapshot =
        new ResourceSnapshot(
            files.providers(),
            files.routes(),
            Map.of(KEYS, refused),
            Optional.of(new ClusterBackends(Map.of())),
            files.problems());

    assertThat(planner(Map.of()).plan(snapshot, LastGood.NONE).plan().problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.reason()).isEqualTo(Reasons.SECRET_NOT_READABLE);
              assertThat(problem.message()).contains("default/keys", "forbidden to app");
            });
  }

  @Test
  void a_service_of_the_cluster_is_called_in_plain_http_unless_its_port_says_https() {
    assertThat(serviceIn(Map.of(8000, "")).tls()).isEqualTo(Tls.DISABLE);
    assertThat(serviceIn(Map.of(8000, "HTTPS")).tls()).isEqualTo(Tls.SIMPLE);
    assertThat(serviceIn(Map.of(8000, "")).host()).isEqualTo("llm.models.svc.cluster.local");
  }

  @Test
  void a_service_or_a_port_that_there_is_not_is_named() {
    assertThat(problemOf(Map.of()))
        .contains("spec.rules[0].backendRefs[0].backendRef", "Service models/llm does not exist");
    assertThat(problemOf(Map.of(LLM, ports(Map.of(80, "")))))
        .contains("Service models/llm has no port 8000; it has [80]");
  }

  private static RoutingPlanner planner(Map<String, String> labels) {
    return new RoutingPlanner(new DataPlane(Optional.of("default"), labels, Optional.empty()));
  }

  private static Lookup<ServicePorts> ports(Map<Integer, String> appProtocols) {
    return new Lookup.Found<>(new ServicePorts(appProtocols));
  }

  private static RoutingPlan plan(Map<ObjectName, Lookup<ServicePorts>> services) {
    ResourceSnapshot files = Manifests.of(ROUTE);
    ResourceSnapshot snapshot =
        new ResourceSnapshot(
            files.providers(),
            files.routes(),
            files.secrets(),
            Optional.of(new ClusterBackends(services)),
            files.problems());
    return planner(Map.of()).plan(snapshot, LastGood.NONE).plan();
  }

  private static ProviderPlan serviceIn(Map<Integer, String> appProtocols) {
    RoutingPlan plan = plan(Map.of(LLM, ports(appProtocols)));
    assertThat(plan.problems()).isEmpty();
    Target target = plan.hosts().get("r.test").rules().getFirst().backends().getFirst().target();
    return ((Target.Provider) target).provider();
  }

  private static String problemOf(Map<ObjectName, Lookup<ServicePorts>> services) {
    RoutingPlan plan = plan(services);
    assertThat(plan.problems()).hasSize(1);
    assertThat(plan.hosts().get("r.test").rules().getFirst().backends().getFirst().target())
        .isInstanceOf(Target.Unresolved.class);
    Problem problem = plan.problems().getFirst();
    assertThat(problem.reason()).isEqualTo(Reasons.BACKEND_NOT_FOUND);
    return problem.toString();
  }
}

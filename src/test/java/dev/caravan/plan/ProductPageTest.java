package dev.caravan.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.resource.DirectoryResourceSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manifests of the product page, situation by situation. */
class ProductPageTest {
  private static RoutingPlan plan(String... folders) {
    List<Path> paths =
        Stream.of(folders).map(folder -> Path.of("examples/product-page", folder)).toList();
    return new RoutingPlanner(DataPlane.ANYWHERE)
        .plan(new DirectoryResourceSource(paths, "default").load(), LastGood.NONE)
        .plan();
  }

  /** {@code provider/model weight} of each backend. */
  private static List<String> backends(RulePlan rule) {
    return rule.backends().stream()
        .map(
            backend -> {
              Target.Provider target = (Target.Provider) backend.target();
              return target.provider().host()
                  + "/"
                  + target.config().model()
                  + " "
                  + backend.weight();
            })
        .toList();
  }

  @Test
  void the_direct_call_needs_no_route() {
    RoutingPlan plan = plan("0-setup");

    assertThat(plan.problems()).isEmpty();
    HostPlan host = plan.byName().get("dashscope.aliyuncs.com");
    assertThat(host.rules()).hasSize(1);
    assertThat(backends(host.rules().getFirst()))
        .containsExactly("dashscope.aliyuncs.com/qwen1.5-72b-chat 1");
    Target.Provider target =
        (Target.Provider) host.rules().getFirst().backends().getFirst().target();
    assertThat(target.provider().path()).isEqualTo("/compatible-mode/v1/chat/completions");
    assertThat(target.config().credential())
        .isEqualTo(new Credential.Inline(ApiKey.of("sample-dashscope-key")));
  }

  @Test
  void subscribers_get_the_model_of_their_rule() {
    List<RulePlan> rules =
        plan("0-setup", "1-header-rule").byName().get("dashscope.aliyuncs.com").rules();

    assertThat(rules).extracting(RulePlan::label).containsExactly("vip-route", "rule 2");
    assertThat(rules.get(0).matches())
        .extracting(MatchPlan::toString)
        .containsExactly("user-type = subscriber");
    assertThat(rules.get(1).matches()).isEmpty();
    assertThat(backends(rules.get(0))).containsExactly("dashscope.aliyuncs.com/qwen-turbo 1");
    assertThat(backends(rules.get(1))).containsExactly("dashscope.aliyuncs.com/qwen1.5-72b-chat 1");
  }

  @Test
  void the_virtual_host_is_split_between_two_providers() {
    RoutingPlan plan = plan("0-setup", "1-header-rule", "2-weighted-split");

    assertThat(plan.hosts())
        .containsOnlyKeys(
            "api.moonshot.cn",
            "dashscope.aliyuncs.com",
            "demo-llm-server.default.svc.cluster.local");
    List<RulePlan> rules = plan.byName().get("demo-llm-server").rules();
    assertThat(rules).extracting(RulePlan::label).containsExactly("migrate-rule");
    assertThat(backends(rules.getFirst()))
        .containsExactly(
            "dashscope.aliyuncs.com/qwen1.5-72b-chat 50", "api.moonshot.cn/moonshot-v1-8k 50");
  }

  @Test
  void a_gateway_serves_the_providers_and_not_the_routes_of_the_mesh() {
    DataPlane gateway =
        new DataPlane(Optional.of("istio-system"), Map.of(), Optional.of("istio-system/egress"));
    RoutingPlan plan =
        new RoutingPlanner(gateway)
            .plan(
                new DirectoryResourceSource(List.of(Path.of("examples/product-page")), "default")
                    .load(),
                LastGood.NONE)
            .plan();

    assertThat(plan.hosts()).containsOnlyKeys("api.moonshot.cn", "dashscope.aliyuncs.com");
  }
}

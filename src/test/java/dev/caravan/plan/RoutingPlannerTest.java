package dev.caravan.plan;

import static dev.caravan.plan.PlanFixture.errors;
import static dev.caravan.plan.PlanFixture.gateway;
import static dev.caravan.plan.PlanFixture.in;
import static dev.caravan.plan.PlanFixture.labelled;
import static dev.caravan.plan.PlanFixture.plan;
import static dev.caravan.plan.PlanFixture.problems;
import static dev.caravan.plan.PlanFixture.provider;
import static dev.caravan.plan.PlanFixture.providerIn;
import static dev.caravan.plan.PlanFixture.result;
import static dev.caravan.plan.PlanFixture.route;
import static dev.caravan.plan.PlanFixture.routeIn;
import static dev.caravan.plan.PlanFixture.rule;
import static dev.caravan.plan.PlanFixture.secret;
import static dev.caravan.plan.PlanFixture.target;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.caravan.api.LLMProviderSpec.Tls.Mode;
import dev.caravan.api.LLMRouteSpec.Retry.Condition;
import dev.caravan.api.ObjectName;
import dev.caravan.api.Problem;
import dev.caravan.api.ResourceId;
import dev.caravan.resource.Manifests;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingPlannerTest {
  private static final String P = provider("p", "p.test");
  private static final String TO_P = "rules: [{backendRefs: [{providerHost: p.test}]}]";

  @Nested
  class Providers {
    @Test
    void a_provider_without_a_route_serves_its_host_with_its_default_config() {
      RoutingPlan plan =
          plan(
              provider(
                  "p",
                  "P.Test.",
                  "configs: {defaultConfig: {openAIConfig: {model: m, stream: false, apiKey: k1}}}"));

      assertThat(plan.problems()).isEmpty();
      HostPlan host = plan.hosts().get("p.test");
      assertThat(host.names()).containsExactly("p.test");
      assertThat(host.owner()).isEqualTo(new ResourceId("LLMProvider", "default", "p"));
      ProviderPlan provider =
          new ProviderPlan(
              "p.test", 443, "/v1/chat/completions", Tls.SIMPLE, Timeouts.DEFAULT, 0, null);
      ModelConfig config = new ModelConfig("m", false, new Credential.Inline(ApiKey.of("k1")));
      assertThat(host.rules())
          .containsExactly(
              new RulePlan(
                  "",
                  0,
                  List.of(),
                  List.of(new BackendPlan(new Target.Provider(provider, config), 1, 0, null)),
                  null));
    }

    @Test
    void every_field_of_a_provider_is_planned() {
      RoutingPlan plan =
          plan(
              provider(
                  "p",
                  "p.test",
                  "port: 8443",
                  "path: /x",
                  "tls: {mode: MUTUAL, sni: s.test, credentialName: c, caCertificates: /ca.pem, insecureSkipVerify: true}",
                  "timeouts: {connect: 500ms, firstToken: 1m30s, idle: 1.5s, request: 1h}",
                  "outlierDetection: {consecutiveErrors: 3, baseEjectionTime: 10s}",
                  "connectionPool: {maxConnections: 7}"),
              secret("default", "c", "", "tls.crt: a, tls.key: b"));

      assertThat(errors(plan)).isEmpty();
      assertThat(target(plan, "p.test").provider())
          .isEqualTo(
              new ProviderPlan(
                  "p.test",
                  8443,
                  "/x",
                  new Tls(Mode.MUTUAL, "s.test", new ObjectName("default", "c"), "/ca.pem", true),
                  new Timeouts(
                      Duration.ofMillis(500),
                      Duration.ofSeconds(90),
                      Duration.ofMillis(1500),
                      Duration.ofHours(1)),
                  7,
                  new OutlierPlan(3, Duration.ofSeconds(10), Duration.ofMinutes(5))));
    }

    @Test
    void without_tls_the_port_is_80_unless_one_is_given() {
      RoutingPlan plan =
          plan(
              provider("a", "a.test", "tls: {mode: DISABLE}"),
              provider("b", "b.test", "tls: {mode: DISABLE}", "port: 81"));

      assertThat(target(plan, "a.test").provider().port()).isEqualTo(80);
      assertThat(target(plan, "a.test").provider().tls()).isEqualTo(Tls.DISABLE);
      assertThat(target(plan, "b.test").provider().port()).isEqualTo(81);
    }

    @Test
    void a_workload_selector_leaves_out_other_namespaces_and_other_labels() {
      String selected =
          providerIn("a", "p", null, "p.test", "workloadSelector: {labels: {app: shop}}");

      assertThat(plan(labelled("a", "app", "shop"), selected).hosts()).containsKey("p.test");
      assertThat(plan(labelled("b", "app", "shop"), selected).hosts()).isEmpty();
      assertThat(plan(labelled("a", "app", "bank"), selected).hosts()).isEmpty();
      assertThat(plan(in("a"), selected).hosts()).isEmpty();
      assertThat(
              plan(
                      new DataPlane(
                          Optional.empty(), Map.of("app", "shop", "x", "y"), Optional.empty()),
                      selected)
                  .hosts())
          .containsKey("p.test");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "port: 0 | spec.port",
          "port: 65536 | spec.port",
          "path: x | spec.path",
          "path: /a?b | spec.path",
          "path: '/a b' | spec.path",
          "path: '/a#b' | spec.path",
          "path: /ü | spec.path",
          "tls: {mode: MUTUAL} | spec.tls.credentialName",
          "tls: {sni: 'a/b'} | spec.tls.sni",
          "tls: {caCertificates: \"a\\nb\"} | spec.tls.caCertificates",
          "timeouts: {connect: '5'} | spec.timeouts.connect",
          "timeouts: {idle: 0s} | spec.timeouts.idle",
          "timeouts: {idle: -1s} | spec.timeouts.idle",
          "timeouts: {request: 700h} | spec.timeouts.request",
          "outlierDetection: {consecutiveErrors: 0} | spec.outlierDetection.consecutiveErrors",
          "outlierDetection: {maxEjectionTime: 1s} | spec.outlierDetection.maxEjectionTime",
          "connectionPool: {maxConnections: 0} | spec.connectionPool.maxConnections",
          "configs: {defaultConfig: {openAIConfig: {model: ''}}} | spec.configs.defaultConfig.openAIConfig.model",
          "configs: {defaultConfig: {openAIConfig: {model: \"a\\tb\"}}} | spec.configs.defaultConfig.openAIConfig.model",
          "configs: {defaultConfig: {openAIConfig: {apiKey: ' '}}} | spec.configs.defaultConfig.openAIConfig.apiKey",
          "configs: {defaultConfig: {openAIConfig: {apiKeySecretRef: {name: x}}}} | spec.configs.defaultConfig.openAIConfig.apiKeySecretRef.key",
          "configs: {defaultConfig: {openAIConfig: {apiKeySecretRef: {key: x}}}} | spec.configs.defaultConfig.openAIConfig.apiKeySecretRef.name",
          "configs: {defaultConfig: {openAIConfig: {apiKey: a, apiKeySecretRef: {name: x, key: y}}}} | spec.configs.defaultConfig.openAIConfig.apiKeySecretRef"
        })
    void a_value_that_cannot_be_is_an_error_with_its_path(String spec, String path) {
      RoutingPlan plan = plan(provider("p", "p.test", spec), provider("q", "q.test"));

      assertThat(errors(plan)).extracting(Problem::path).contains(path);
      assertThat(errors(plan)).extracting(Problem::reason).containsOnly("Invalid");
      assertThat(plan.hosts()).containsOnlyKeys("q.test");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "https://p.test | must not have a scheme",
          "p.test/v1 | must not have a path",
          "p.test:443 | must not have a port",
          "'*.test' | must not be a wildcard",
          "'::1' | not an IPv6 address",
          "bücher.test | must be written in ASCII: xn--bcher-kva.test",
          "p..test | is no host name",
          "-p.test | is no host name",
          "'' | must not be empty"
        })
    void a_host_that_is_no_host_is_refused_with_a_sentence(String host, String sentence) {
      RoutingPlan plan = plan(provider("p", host.isEmpty() ? "''" : "'" + host + "'"));

      assertThat(errors(plan)).hasSize(1);
      assertThat(errors(plan).getFirst().message()).contains(sentence);
      assertThat(errors(plan).getFirst().path()).isEqualTo("spec.host");
    }
  }

  @Nested
  class Names {
    @ParameterizedTest
    @ValueSource(strings = {"llm", "llm.shop.svc", "llm.shop.svc.cluster.local", "LLM"})
    void a_service_answers_to_all_of_its_forms(String host) {
      String service = routeIn("shop", "r", null, host, TO_P);

      assertThat(plan(in("shop"), P, service).hosts().get("llm.shop.svc.cluster.local").names())
          .containsExactly("llm", "llm.shop", "llm.shop.svc", "llm.shop.svc.cluster.local");
      assertThat(plan(in("bank"), P, service).byName()).doesNotContainKey("llm");
      assertThat(plan(in("bank"), P, service).byName()).containsKey("llm.shop");
      assertThat(plan(P, service).byName()).containsKey("llm");
    }

    @Test
    void a_provider_in_the_cluster_is_found_by_each_form_and_called_by_the_one_it_was_given() {
      RoutingPlan plan =
          plan(
              provider("p", "vllm.models.svc", "tls: {sni: vllm.models.svc}"),
              route(
                  "r",
                  "r.test",
                  "rules: [{backendRefs: [{providerHost: vllm.models.svc.cluster.local, hostRewrite: a.b.svc}]}]"));

      assertThat(plan.problems()).isEmpty();
      assertThat(target(plan, "r.test").provider().host()).isEqualTo("vllm.models.svc");
      assertThat(target(plan, "r.test").provider().tls().sni()).isEqualTo("vllm.models.svc");
      assertThat(rule(plan, "r.test", 0).backends().getFirst().hostRewrite()).isEqualTo("a.b.svc");
      assertThat(plan.byName()).containsKeys("vllm", "vllm.models", "vllm.models.svc");
    }

    @Test
    void a_provider_without_dots_has_that_name_everywhere_and_a_route_for_it_takes_its_place() {
      String ollama = provider("p", "ollama");
      String toOllama = "rules: [{name: x, backendRefs: [{providerHost: ollama}]}]";

      assertThat(plan(in("shop"), ollama).hosts().get("ollama").names()).containsExactly("ollama");
      RoutingPlan routed = plan(in("shop"), ollama, routeIn("shop", "r", null, "ollama", toOllama));
      assertThat(routed.byName().get("ollama").rules().getFirst().name()).isEqualTo("x");
      assertThat(routed.hosts()).containsOnlyKeys("ollama.shop.svc.cluster.local");
      assertThat(target(routed, "ollama").provider().host()).isEqualTo("ollama");
    }

    @Test
    void other_hosts_have_one_name() {
      assertThat(plan(P, route("r", "a.b", TO_P)).hosts().get("a.b").names())
          .containsExactly("a.b");
    }

    @Test
    void a_short_name_claimed_from_two_namespaces_goes_to_one_and_both_keep_their_long_names() {
      RoutingPlan plan =
          plan(P, routeIn("b", "r", null, "llm", TO_P), routeIn("a", "r", null, "llm", TO_P));

      assertThat(plan.byName().get("llm").owner().namespace()).isEqualTo("a");
      assertThat(plan.byName().get("llm.b").owner().namespace()).isEqualTo("b");
      assertThat(problems(plan)).containsExactly("HostConflict spec.host");
      assertThat(errors(plan)).isEmpty();
    }
  }

  @Nested
  class Routes {
    @Test
    void a_route_takes_the_place_of_its_providers_default_rule() {
      RoutingPlan plan =
          plan(
              P, route("r", "p.test", "rules: [{name: x, backendRefs: [{providerHost: p.test}]}]"));

      assertThat(plan.hosts().get("p.test").owner().kind()).isEqualTo("LLMRoute");
      assertThat(plan.hosts().get("p.test").rules())
          .extracting(RulePlan::label)
          .containsExactly("x");
    }

    @Test
    void a_route_that_cannot_be_used_leaves_the_provider_as_it_is() {
      RoutingPlan plan = plan(P, route("r", "p.test", "rules: []"));

      assertThat(problems(plan)).containsExactly("Invalid spec.rules");
      assertThat(plan.hosts().get("p.test").owner().kind()).isEqualTo("LLMProvider");
    }

    @Test
    void headers_and_the_model_are_matched_and_readable() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "p.test",
                  """
                  rules:
                  - matches:
                    - headers: {User-Type: {exact: subscriber}, x-id: {regex: "[0-9]+"}}
                      model: {prefix: gpt-}
                    - headers: {x-any: {}}
                    backendRefs: [{providerHost: p.test}]
                  """));

      List<MatchPlan> matches = rule(plan, "p.test", 0).matches();
      assertThat(matches)
          .extracting(MatchPlan::toString)
          .containsExactly(
              "user-type = subscriber and x-id matches [0-9]+ and model starts with gpt-",
              "x-any is present");
      Map<String, String> headers =
          new TreeMap<>(Map.of("user-type", "subscriber", "x-id", "42", "x-any", ""));
      assertThat(matches.get(0).matches(headers::get, "gpt-4")).isTrue();
      assertThat(matches.get(0).matches(headers::get, null)).isFalse();
      assertThat(matches.get(1).matches(headers::get, null)).isTrue();
      headers.put("x-id", "42a");
      assertThat(matches.get(0).matches(headers::get, "gpt-4")).isFalse();
      headers.put("x-id", "42");
      headers.put("user-type", "Subscriber");
      assertThat(matches.get(0).matches(headers::get, "gpt-4")).isFalse();
      headers.remove("x-any");
      assertThat(matches.get(1).matches(headers::get, null)).isFalse();
    }

    @Test
    void an_empty_match_block_holds_always() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "p.test",
                  "rules: [{matches: [{headers: {a: {}}}, {}], backendRefs: [{providerHost: p.test}]}]"));

      assertThat(rule(plan, "p.test", 0).matches()).isEmpty();
    }

    @Test
    void a_retry_is_planned_with_the_defaults_of_istio() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "p.test",
                  "rules: [{retry: {'on': ['429', 5xx]}, backendRefs: [{providerHost: p.test}]},"
                      + " {retry: {attempts: 0}, backendRefs: [{providerHost: p.test}]}]"));

      assertThat(rule(plan, "p.test", 0).retry())
          .isEqualTo(
              new RetryPlan(
                  2,
                  Set.of(Condition.TOO_MANY_REQUESTS, Condition.SERVER_ERROR),
                  Duration.ofMillis(25)));
      assertThat(rule(plan, "p.test", 1).retry()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "rules: [] | spec.rules",
          "rules: [{backendRefs: []}] | spec.rules[0].backendRefs",
          "rules: [{name: x}] | spec.rules[0].backendRefs",
          "rules: [{backendRefs: [{}]}] | spec.rules[0].backendRefs[0]",
          "rules: [{backendRefs: [{providerHost: p.test, backendRef: {name: s, port: 80}}]}] | spec.rules[0].backendRefs[0].backendRef",
          "rules: [{backendRefs: [{backendRef: {name: s}}]}] | spec.rules[0].backendRefs[0].backendRef.port",
          "rules: [{backendRefs: [{providerHost: 'p.test:1'}]}] | spec.rules[0].backendRefs[0].providerHost",
          "rules: [{backendRefs: [{providerHost: p.test, weight: -1}]}] | spec.rules[0].backendRefs[0].weight",
          "rules: [{backendRefs: [{providerHost: p.test, weight: 1}, {providerHost: p.test}]}] | spec.rules[0].backendRefs[1].weight",
          "rules: [{backendRefs: [{providerHost: p.test, weight: 2147483647}, {providerHost: p.test, weight: 1}]}] | spec.rules[0].backendRefs",
          "rules: [{backendRefs: [{providerHost: p.test, priority: -1}]}] | spec.rules[0].backendRefs[0].priority",
          "rules: [{backendRefs: [{providerHost: p.test, hostRewrite: 'a:x'}]}] | spec.rules[0].backendRefs[0].hostRewrite",
          "rules: [{matches: [{headers: {a: {exact: x, prefix: y}}}], backendRefs: [{providerHost: p.test}]}] | spec.rules[0].matches[0].headers.a",
          "rules: [{matches: [{headers: {a: {regex: '('}}}], backendRefs: [{providerHost: p.test}]}] | spec.rules[0].matches[0].headers.a.regex",
          "rules: [{matches: [{headers: {a: {regex: '(?=x)'}}}], backendRefs: [{providerHost: p.test}]}] | spec.rules[0].matches[0].headers.a.regex",
          "rules: [{matches: [{headers: {'a b': {}}}], backendRefs: [{providerHost: p.test}]}] | spec.rules[0].matches[0].headers[\"a b\"]",
          "rules: [{matches: [{headers: {a: {}, A: {}}}], backendRefs: [{providerHost: p.test}]}] | spec.rules[0].matches[0].headers.A",
          "rules: [{name: x, matches: [{headers: {a: {}}}], backendRefs: [{providerHost: p.test}]}, {name: x, backendRefs: [{providerHost: p.test}]}] | spec.rules[1].name",
          "rules: [{retry: {attempts: 11}, backendRefs: [{providerHost: p.test}]}] | spec.rules[0].retry.attempts",
          "rules: [{retry: {backoff: soon}, backendRefs: [{providerHost: p.test}]}] | spec.rules[0].retry.backoff",
          "gateways: ['a/b/c'] | spec.gateways[0]"
        })
    void a_value_that_cannot_be_is_an_error_with_its_path(String spec, String path) {
      RoutingPlan plan =
          plan(P, route("r", "r.test", spec.startsWith("gateways") ? spec + "\n" + TO_P : spec));

      assertThat(errors(plan)).extracting(Problem::path).containsExactly(path);
      assertThat(plan.hosts()).containsOnlyKeys("p.test");
    }

    @Test
    void a_rule_after_a_catch_all_is_told_of() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "p.test",
                  "rules: [{backendRefs: [{providerHost: p.test}]}, {backendRefs: [{providerHost: p.test}]}]"));

      assertThat(problems(plan)).containsExactly("Unreachable spec.rules[1]");
      assertThat(errors(plan)).isEmpty();
    }

    @Test
    void what_is_not_in_force_yet_is_told_of() {
      RoutingPlan plan =
          plan(
              provider("p", "p.test", "outlierDetection: {}"),
              route(
                  "r",
                  "p.test",
                  "rules: [{retry: {}, backendRefs: [{providerHost: p.test, priority: 1}]}]"));

      assertThat(problems(plan))
          .containsExactlyInAnyOrder(
              "NotInForce spec.outlierDetection",
              "NotInForce spec.rules[0].retry",
              "NotInForce spec.rules[0].backendRefs[0].priority");
      assertThat(errors(plan)).isEmpty();
      assertThat(rule(plan, "p.test", 0).backends().getFirst().priority()).isEqualTo(1);
    }
  }

  @Nested
  class WhereARouteApplies {
    private static final String ON_GATEWAYS =
        routeIn("shop", "r", null, "g.test", "gateways: [gw, other/gw]", TO_P);

    @Test
    void without_gateways_it_is_for_sidecars() {
      String mesh = route("r", "r.test", TO_P);

      assertThat(plan(P, mesh).hosts()).containsKey("r.test");
      assertThat(plan(gateway("shop/gw"), P, mesh).hosts()).doesNotContainKey("r.test");
    }

    @Test
    void a_bare_gateway_is_one_of_the_routes_namespace() {
      assertThat(plan(gateway("shop/gw"), P, ON_GATEWAYS).hosts()).containsKey("g.test");
      assertThat(plan(gateway("other/gw"), P, ON_GATEWAYS).hosts()).containsKey("g.test");
      assertThat(plan(gateway("bank/gw"), P, ON_GATEWAYS).hosts()).doesNotContainKey("g.test");
      assertThat(plan(P, ON_GATEWAYS).hosts()).doesNotContainKey("g.test");
    }

    @Test
    void a_match_narrows_the_routes_gateways() {
      String both =
          routeIn(
              "shop",
              "r",
              null,
              "g.test",
              """
              gateways: [mesh, gw]
              rules:
              - name: at-the-gateway
                matches: [{gateways: [gw]}]
                backendRefs: [{providerHost: p.test}]
              - name: in-the-mesh
                matches: [{gateways: [mesh], headers: {a: {}}}]
                backendRefs: [{providerHost: p.test}]
              """);

      assertThat(plan(gateway("shop/gw"), P, both).hosts().get("g.test").rules())
          .extracting(RulePlan::name, RulePlan::matches)
          .containsExactly(tuple("at-the-gateway", List.of()));
      assertThat(plan(P, both).hosts().get("g.test").rules())
          .extracting(RulePlan::name)
          .containsExactly("in-the-mesh");
    }

    @Test
    void a_rule_whose_every_block_is_for_others_is_dropped_and_never_holds_always() {
      String labels =
          route(
              "r",
              "r.test",
              """
              rules:
              - name: shop-only
                matches: [{sourceLabels: {app: shop}}, {sourceLabels: {app: bank}, headers: {a: {}}}]
                backendRefs: [{providerHost: p.test}]
              - name: rest
                backendRefs: [{providerHost: p.test}]
              """);

      assertThat(plan(P, labels).hosts().get("r.test").rules())
          .extracting(RulePlan::name)
          .containsExactly("rest");
      assertThat(rule(plan(labelled("x", "app", "shop"), P, labels), "r.test", 0).matches())
          .isEmpty();
      assertThat(rule(plan(labelled("x", "app", "bank"), P, labels), "r.test", 0).matches())
          .hasSize(1);
    }

    @Test
    void a_route_of_which_no_rule_applies_leaves_the_host_to_its_provider() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "p.test",
                  "rules: [{matches: [{sourceLabels: {a: b}}], backendRefs: [{providerHost: p.test}]}]"));

      assertThat(plan.hosts().get("p.test").owner().kind()).isEqualTo("LLMProvider");
    }

    @Test
    void a_match_on_a_gateway_that_the_route_does_not_have_is_told_of() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "r.test",
                  "rules: [{matches: [{gateways: [gw]}], backendRefs: [{providerHost: p.test}]}]"));

      assertThat(problems(plan)).containsExactly("Unreachable spec.rules[0].matches[0].gateways");
    }
  }

  @Nested
  class RouteSpecificConfigs {
    private static final String TWO_RULES =
        route(
            "r",
            "p.test",
            "rules: [{name: vip, matches: [{headers: {a: {}}}], backendRefs: [{providerHost: p.test}]},"
                + " {backendRefs: [{providerHost: p.test}]}]");

    private static ModelConfig configOf(RoutingPlan plan, int rule) {
      BackendPlan backend = rule(plan, "p.test", rule).backends().getFirst();
      return ((Target.Provider) backend.target()).config();
    }

    @Test
    void fields_that_are_set_override_the_defaults_one_by_one() {
      RoutingPlan plan =
          plan(
              provider(
                  "p",
                  "p.test",
                  "configs:",
                  "  defaultConfig: {openAIConfig: {model: m, stream: true, apiKey: k1}}",
                  "  routeSpecificConfigs: {vip: {openAIConfig: {model: turbo}}}"),
              TWO_RULES);

      Credential key = new Credential.Inline(ApiKey.of("k1"));
      assertThat(configOf(plan, 0)).isEqualTo(new ModelConfig("turbo", true, key));
      assertThat(configOf(plan, 1)).isEqualTo(new ModelConfig("m", true, key));
      assertThat(plan.problems()).isEmpty();
    }

    @Test
    void a_key_of_one_kind_replaces_one_of_the_other() {
      RoutingPlan plan =
          plan(
              provider(
                  "p",
                  "p.test",
                  "configs:",
                  "  defaultConfig: {openAIConfig: {apiKey: k1}}",
                  "  routeSpecificConfigs: {vip: {openAIConfig: {apiKeySecretRef: {name: s, key: k}}}}"),
              TWO_RULES,
              secret("default", "s", "", "k: k2"));

      assertThat(plan.problems()).isEmpty();
      assertThat(configOf(plan, 0).credential())
          .isEqualTo(new Credential.SecretKeyRef("default", "s", "k"));
      assertThat(configOf(plan, 1).credential()).isEqualTo(new Credential.Inline(ApiKey.of("k1")));
    }

    @Test
    void the_name_of_no_rule_is_told_of() {
      String named = provider("p", "p.test", "configs: {routeSpecificConfigs: {vip: {}, VIP: {}}}");

      assertThat(problems(plan(named, TWO_RULES)))
          .containsExactly("UnknownRule spec.configs.routeSpecificConfigs.VIP");
      assertThat(errors(plan(named, TWO_RULES))).isEmpty();
    }
  }

  @Nested
  class Conflicts {
    private static final String OLD =
        providerIn("z", "old", "2024-01-01T00:00:00Z", "p.test", "path: /old");
    private static final String YOUNG =
        providerIn("a", "young", "2024-01-01T00:00:01Z", "p.test", "path: /young");

    @Test
    void the_older_provider_wins_whatever_the_order_and_the_loser_names_the_winner() {
      for (RoutingPlan plan : List.of(plan(OLD, YOUNG), plan(YOUNG, OLD))) {
        assertThat(target(plan, "p.test").provider().path()).isEqualTo("/old");
        assertThat(errors(plan)).hasSize(1);
        Problem problem = errors(plan).getFirst();
        assertThat(problem.reason()).isEqualTo("HostConflict");
        assertThat(problem.resource().name()).isEqualTo("young");
        assertThat(problem.message()).contains("LLMProvider z/old");
      }
    }

    @Test
    void at_the_same_time_the_namespace_and_then_the_name_decide() {
      RoutingPlan plan =
          plan(
              providerIn("b", "a", null, "p.test"),
              providerIn("a", "z", null, "p.test"),
              providerIn("a", "y", null, "p.test"));

      assertThat(plan.hosts().get("p.test").owner())
          .isEqualTo(new ResourceId("LLMProvider", "a", "y"));
      assertThat(errors(plan)).hasSize(2);
    }

    @Test
    void the_loser_takes_over_when_the_winner_goes() {
      LastGood good = result(DataPlane.ANYWHERE, LastGood.NONE, OLD, YOUNG).good();

      RoutingPlan plan = result(DataPlane.ANYWHERE, good, YOUNG).plan();

      assertThat(target(plan, "p.test").provider().path()).isEqualTo("/young");
      assertThat(plan.problems()).isEmpty();
    }

    @Test
    void providers_for_different_workloads_may_have_one_host() {
      String shop = provider("shop", "p.test", "workloadSelector: {labels: {app: shop}}");
      String bank = provider("bank", "p.test", "workloadSelector: {labels: {app: bank}}");

      RoutingPlan plan = plan(labelled("default", "app", "shop"), shop, bank);

      assertThat(plan.problems()).isEmpty();
      assertThat(plan.hosts().get("p.test").owner().name()).isEqualTo("shop");
    }

    @Test
    void of_two_routes_of_one_host_the_older_wins() {
      RoutingPlan plan =
          plan(
              P,
              routeIn("a", "young", "2024-01-02T00:00:00Z", "llm.z.svc", TO_P),
              routeIn("z", "old", "2024-01-01T00:00:00Z", "llm", TO_P));

      assertThat(plan.byName().get("llm.z").owner().name()).isEqualTo("old");
      assertThat(errors(plan)).extracting(Problem::reason).containsExactly("HostConflict");
    }

    @Test
    void one_that_cannot_be_used_is_no_rival() {
      RoutingPlan plan = plan(provider("a", "p.test", "port: 0"), provider("b", "p.test"));

      assertThat(plan.hosts().get("p.test").owner().name()).isEqualTo("b");
      assertThat(errors(plan)).extracting(Problem::reason).containsExactly("Invalid");
    }
  }

  @Nested
  class Backends {
    @Test
    void a_dangling_provider_host_costs_only_its_own_share() {
      RoutingPlan plan =
          plan(
              P,
              route(
                  "r",
                  "r.test",
                  "rules: [{backendRefs: [{providerHost: p.test, weight: 1}, {providerHost: q.test, weight: 2}]}]"));

      assertThat(problems(plan))
          .containsExactly("BackendNotFound spec.rules[0].backendRefs[1].providerHost");
      List<BackendPlan> backends = rule(plan, "r.test", 0).backends();
      assertThat(backends.get(0).target()).isInstanceOf(Target.Provider.class);
      assertThat(backends.get(1).target())
          .isEqualTo(
              new Target.Unresolved(
                  "BackendNotFound", "no usable LLMProvider has the host \"q.test\""));
      assertThat(backends.get(1).weight()).isEqualTo(2);
      assertThat(plan.hosts()).containsKeys("p.test", "r.test");
    }

    @Test
    void a_provider_for_other_workloads_is_unresolved_here_and_no_error() {
      RoutingPlan plan =
          plan(
              provider("p", "p.test", "workloadSelector: {labels: {a: b}}"),
              route("r", "r.test", TO_P));

      assertThat(errors(plan)).isEmpty();
      assertThat(problems(plan))
          .containsExactly("BackendNotSelected spec.rules[0].backendRefs[0].providerHost");
      assertThat(rule(plan, "r.test", 0).backends().getFirst().target())
          .isInstanceOf(Target.Unresolved.class);
    }

    @Test
    void a_service_is_called_in_plain_http_with_the_clients_path() {
      RoutingPlan plan =
          plan(
              routeIn(
                  "shop",
                  "r",
                  null,
                  "r.test",
                  "rules: [{backendRefs: [{backendRef: {kind: Service, name: vllm, port: 8000}, hostRewrite: 'X.test:81'}]}]"));

      assertThat(plan.problems()).isEmpty();
      assertThat(target(plan, "r.test"))
          .isEqualTo(
              new Target.Provider(
                  new ProviderPlan(
                      "vllm.shop.svc.cluster.local",
                      8000,
                      null,
                      Tls.DISABLE,
                      Timeouts.DEFAULT,
                      0,
                      null),
                  ModelConfig.NONE));
      assertThat(rule(plan, "r.test", 0).backends().getFirst().hostRewrite())
          .isEqualTo("x.test:81");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{group: inference.networking.k8s.io, kind: InferencePool, name: pool}",
          "{group: apps, kind: Deployment, name: d}"
        })
    void other_kinds_are_unresolved_with_a_sentence(String ref) {
      RoutingPlan plan =
          plan(route("r", "r.test", "rules: [{backendRefs: [{backendRef: " + ref + "}]}]"));

      assertThat(problems(plan))
          .containsExactly("UnsupportedBackend spec.rules[0].backendRefs[0].backendRef");
      assertThat(rule(plan, "r.test", 0).backends().getFirst().target())
          .isInstanceOf(Target.Unresolved.class);
    }
  }

  @Nested
  class Weights {
    private static List<Integer> weightsOf(String... refs) {
      String joined = String.join(", ", refs);
      RoutingPlan plan =
          plan(
              P,
              provider("q", "q.test"),
              route("r", "r.test", "rules: [{backendRefs: [" + joined + "]}]"));
      assertThat(errors(plan)).isEmpty();
      return rule(plan, "r.test", 0).backends().stream().map(BackendPlan::weight).toList();
    }

    @Test
    void a_lone_backend_needs_none() {
      assertThat(weightsOf("{providerHost: p.test}")).containsExactly(1);
    }

    @Test
    void shares_are_equal_where_none_is_given() {
      assertThat(weightsOf("{providerHost: p.test}", "{providerHost: q.test}"))
          .containsExactly(1, 1);
    }

    @Test
    void a_weight_of_zero_is_no_backend() {
      assertThat(
              weightsOf("{providerHost: p.test, weight: 100}", "{providerHost: q.test, weight: 0}"))
          .containsExactly(100);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "[{providerHost: p.test, weight: 0}]",
          "[{providerHost: p.test, weight: 0}, {providerHost: q.test, weight: 0}]"
        })
    void a_rule_of_zeros_is_an_error_and_planned_without_backends_beside_the_others(String refs) {
      RoutingPlan plan =
          plan(
              P,
              provider("q", "q.test"),
              route(
                  "r",
                  "r.test",
                  "rules: [{matches: [{headers: {a: {}}}], backendRefs: " + refs + "},",
                  " {backendRefs: [{providerHost: p.test}]}]"));

      assertThat(problems(plan)).containsExactly("NoTraffic spec.rules[0].backendRefs");
      assertThat(rule(plan, "r.test", 0).backends()).isEmpty();
      assertThat(rule(plan, "r.test", 1).backends()).hasSize(1);
    }
  }

  @Nested
  class Secrets {
    private static String withRef(String ref) {
      return provider(
          "p",
          "p.test",
          "configs: {defaultConfig: {openAIConfig: {apiKeySecretRef: " + ref + "}}}");
    }

    private static final String PATH = "spec.configs.defaultConfig.openAIConfig.apiKeySecretRef";

    @Test
    void a_missing_secret_is_an_error_and_the_provider_is_planned_all_the_same() {
      RoutingPlan plan = plan(withRef("{name: s, key: k}"));

      assertThat(problems(plan)).containsExactly("SecretNotFound " + PATH);
      assertThat(errors(plan).getFirst().message()).contains("default/s").contains("k");
      assertThat(target(plan, "p.test").config().credential())
          .isEqualTo(new Credential.SecretKeyRef("default", "s", "k"));
    }

    @Test
    void a_missing_key_is_an_error_that_names_it() {
      RoutingPlan plan = plan(withRef("{name: s, key: k}"), secret("default", "s", "", "other: x"));

      assertThat(errors(plan)).extracting(Problem::reason).containsExactly("SecretNotFound");
      assertThat(errors(plan).getFirst().message()).contains("no key k").contains("other");
    }

    @Test
    void a_value_that_cannot_be_sent_is_an_error_that_does_not_show_it() {
      RoutingPlan plan =
          plan(withRef("{name: s, key: k}"), secret("default", "s", "", "k: \"CANARY\\tx\""));

      assertThat(errors(plan)).extracting(Problem::reason).containsExactly("InvalidSecret");
      assertThat(plan.toString()).doesNotContain("CANARY");
    }

    @ParameterizedTest
    @CsvSource(
        nullValues = "-",
        value = {
          "''; RefNotPermitted",
          "caravan.dev/allow-namespaces: other; RefNotPermitted",
          "'caravan.dev/allow-namespaces: \"other, default\"'; -",
          "'caravan.dev/allow-namespaces: \"*\"'; -"
        },
        delimiter = ';')
    void a_secret_of_another_namespace_must_allow_it(String annotation, String reason) {
      RoutingPlan plan =
          plan(
              withRef("{name: s, key: k, namespace: vault}"),
              secret("vault", "s", annotation, "k: sk-1"));

      assertThat(errors(plan))
          .extracting(Problem::reason)
          .containsExactlyElementsOf(reason == null ? List.of() : List.of(reason));
      var resolution =
          CredentialResolver.resolve(
              target(plan, "p.test").config().credential(),
              Manifests.of(secret("vault", "s", annotation, "k: sk-1")).secrets());
      assertThat(resolution)
          .isInstanceOf(
              reason == null
                  ? CredentialResolver.Resolution.Key.class
                  : CredentialResolver.Resolution.Unavailable.class);
    }

    @Test
    void a_client_certificate_needs_its_secret_with_both_parts() {
      String mutual = provider("p", "p.test", "tls: {mode: MUTUAL, credentialName: c}");

      assertThat(problems(plan(mutual))).containsExactly("SecretNotFound spec.tls.credentialName");
      assertThat(problems(plan(mutual, secret("default", "c", "", "tls.crt: x"))))
          .containsExactly("SecretNotFound spec.tls.credentialName");
      assertThat(problems(plan(mutual, secret("default", "c", "", "tls.crt: x, tls.key: y"))))
          .isEmpty();
    }

    @Test
    void no_key_is_in_any_text() {
      String canary = "sk-CANARY-1";
      var snapshot =
          Manifests.of(
              provider(
                  "p",
                  "p.test",
                  "configs:",
                  "  defaultConfig: {openAIConfig: {apiKey: " + canary + "}}",
                  "  routeSpecificConfigs: {x: {openAIConfig: {apiKey: \"" + canary + "\\tx\"}}}"),
              provider(
                  "q",
                  "q.test",
                  "configs: {defaultConfig: {openAIConfig: {apiKey: " + canary + "}}}"),
              secret("default", "s", "", "k: " + canary));
      PlanResult result = new RoutingPlanner(DataPlane.ANYWHERE).plan(snapshot, LastGood.NONE);

      assertThat(errors(result.plan())).isNotEmpty();
      assertThat(snapshot.toString() + result + result.plan().byName()).doesNotContain("CANARY");
    }
  }

  @Nested
  class LastGoodVersions {
    private static final String GOOD = provider("p", "p.test", "path: /good");

    @ParameterizedTest
    @ValueSource(strings = {"port: ten", "port: 0", "tls: {mode: simple}"})
    void a_new_version_that_is_unusable_is_reported_and_the_last_good_one_goes_on(String bad) {
      LastGood good = result(DataPlane.ANYWHERE, LastGood.NONE, GOOD).good();

      PlanResult again = result(DataPlane.ANYWHERE, good, provider("p", "p.test", bad));

      assertThat(errors(again.plan())).hasSize(1);
      assertThat(target(again.plan(), "p.test").provider().path()).isEqualTo("/good");
      PlanResult third = result(DataPlane.ANYWHERE, again.good(), provider("p", "p.test", bad));
      assertThat(third.plan()).isEqualTo(again.plan());
      PlanResult mended =
          result(DataPlane.ANYWHERE, third.good(), provider("p", "p.test", "path: /new"));
      assertThat(target(mended.plan(), "p.test").provider().path()).isEqualTo("/new");
      assertThat(mended.plan().problems()).isEmpty();
    }

    @Test
    void a_deleted_resource_is_gone_and_does_not_come_back() {
      LastGood good = result(DataPlane.ANYWHERE, LastGood.NONE, GOOD).good();
      PlanResult deleted = result(DataPlane.ANYWHERE, good, "");

      assertThat(deleted.plan().hosts()).isEmpty();
      PlanResult bad =
          result(DataPlane.ANYWHERE, deleted.good(), provider("p", "p.test", "port: 0"));
      assertThat(bad.plan().hosts()).isEmpty();
    }

    @Test
    void weights_set_to_zero_leave_the_last_good_weights_in_force() {
      String before = route("r", "r.test", TO_P);
      String zeros =
          route("r", "r.test", "rules: [{backendRefs: [{providerHost: p.test, weight: 0}]}]");
      LastGood good = result(DataPlane.ANYWHERE, LastGood.NONE, P, before).good();

      RoutingPlan plan = result(DataPlane.ANYWHERE, good, P, zeros).plan();

      assertThat(problems(plan)).containsExactly("NoTraffic spec.rules[0].backendRefs");
      assertThat(rule(plan, "r.test", 0).backends()).hasSize(1);
    }

    @Test
    void a_bad_route_does_not_touch_other_hosts() {
      RoutingPlan plan =
          plan(
              P,
              provider("q", "q.test"),
              route("r", "p.test", "rules: [{backendRefs: [{providerHost: p.test, weight: ten}]}]"),
              route("s", "s.test", TO_P));

      assertThat(plan.hosts()).containsOnlyKeys("p.test", "q.test", "s.test");
    }
  }

  @Test
  void a_plan_does_not_change_when_only_lines_and_order_do() {
    String route =
        route(
            "r",
            "r.test",
            "rules: [{matches: [{headers: {a: {regex: x+}}}], backendRefs: [{providerHost: p.test}]}]");

    assertThat(plan("# a comment\n\n" + route, provider("q", "q.test"), P).hosts())
        .isEqualTo(plan(P, route, provider("q", "q.test")).hosts());
  }
}

package dev.caravan.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.api.ResourceId;
import dev.caravan.http.Call;
import dev.caravan.http.Failure;
import dev.caravan.http.FailureException;
import dev.caravan.http.Relay;
import dev.caravan.http.StubCalls;
import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.ApiKey;
import dev.caravan.plan.BackendPlan;
import dev.caravan.plan.Credential;
import dev.caravan.plan.HostPlan;
import dev.caravan.plan.MatchPlan;
import dev.caravan.plan.ModelConfig;
import dev.caravan.plan.ProviderPlan;
import dev.caravan.plan.RulePlan;
import dev.caravan.plan.Target;
import dev.caravan.plan.Timeouts;
import dev.caravan.plan.Tls;
import dev.caravan.plan.ValueMatch;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.test.junit6.CamelTestSupport;
import org.junit.jupiter.api.Test;

/**
 * The generated route with Camel's real choice and load balancer; only the call of the provider is
 * a mock.
 */
class HostRouteBuilderTest extends CamelTestSupport {
  private static final String ROUTE = "llm.test-g1";
  private static final String KEY = "sk-CANARY-1";

  @Override
  protected CamelContext createCamelContext() throws Exception {
    CamelContext context = super.createCamelContext();
    context.addComponent("upstream", new UpstreamComponent(null, Map.of(), null));
    return context;
  }

  @Test
  void theFirstRuleWhoseHeaderMatchesIsUsed() throws Exception {
    install(
        rule("vip", 0, List.of(header("user-type", "subscriber")), backend("vip.test", 1)),
        rule("", 1, List.of(), backend("all.test", 1)));

    send("User-Type", "subscriber");
    send("user-type", "free");
    send();

    assertThat(calls("vip.test")).isEqualTo(1);
    assertThat(calls("all.test")).isEqualTo(2);
  }

  @Test
  void aHeaderThatComesTwiceIsMatchedAsItsValuesJoined() throws Exception {
    install(
        rule("vip", 0, List.of(header("user-type", "subscriber")), backend("vip.test", 1)),
        rule("", 1, List.of(), backend("all.test", 1)));

    send("user-type", "free", "user-type", "subscriber");
    send("user-type", "subscriber", "user-type", "free");

    assertThat(calls("all.test")).isEqualTo(2);
  }

  @Test
  void aCamelHeaderOrAQueryParameterIsNeverTakenForAHeader() throws Exception {
    install(
        rule("vip", 0, List.of(header("user-type", "subscriber")), backend("vip.test", 1)),
        rule("", 1, List.of(), backend("all.test", 1)));

    Exchange exchange = exchange("/?user-type=subscriber");
    exchange.getMessage().setHeader("user-type", "subscriber");
    template.send("direct:" + ROUTE, exchange);

    assertThat(calls("all.test")).isEqualTo(1);
  }

  @Test
  void theModelOfTheClientCanBeMatched() throws Exception {
    MatchPlan gpt = new MatchPlan(new TreeMap<>(), new ValueMatch.Prefix("gpt-"));
    install(
        rule("gpt", 0, List.of(gpt), backend("gpt.test", 1)),
        rule("", 1, List.of(), backend("all.test", 1)));

    Exchange exchange = exchange("/");
    StubCalls.body(Call.of(exchange), "{\"messages\":[],\"model\":\"gpt-5\"}");
    template.send("direct:" + ROUTE, exchange);
    send();

    assertThat(calls("gpt.test")).isEqualTo(1);
    assertThat(calls("all.test")).isEqualTo(1);
  }

  @Test
  void trafficIsSplitByWeight() throws Exception {
    install(rule("split", 0, List.of(), backend("a.test", 80), backend("b.test", 20)));

    for (int i = 0; i < 200; i++) {
      send();
    }

    assertThat(calls("a.test")).isEqualTo(160);
    assertThat(calls("b.test")).isEqualTo(40);
  }

  @Test
  void aRequestThatNoRuleMatchesFails() throws Exception {
    install(rule("vip", 0, List.of(header("user-type", "subscriber")), backend("vip.test", 1)));

    assertThat(failureOf(send())).isEqualTo(Failure.NO_RULE);
  }

  @Test
  void aRuleWithoutTrafficFailsAndAnUnknownProviderFailsItsShareOnly() throws Exception {
    install(
        rule("none", 0, List.of(header("x", "none"))),
        rule(
            "",
            1,
            List.of(),
            new BackendPlan(
                new Target.Unresolved("BackendNotFound", "no LLMProvider has the host gone.test"),
                1,
                0,
                null),
            backend("a.test", 1)));

    assertThat(failureOf(send("x", "none"))).isEqualTo(Failure.NO_BACKEND);
    List<Exchange> two = List.of(send(), send());
    assertThat(two)
        .filteredOn(Exchange::isFailed)
        .singleElement()
        .satisfies(e -> assertThat(failureOf(e)).isEqualTo(Failure.UNKNOWN_PROVIDER));
    assertThat(calls("a.test")).isEqualTo(1);
  }

  @Test
  void aMissingSecretFailsWithItsNameAndNotWithAnEmptyKey() throws Exception {
    ModelConfig config =
        new ModelConfig("m", null, new Credential.SecretKeyRef("ns", "keys", "openai"));
    install(
        rule(
            "",
            0,
            List.of(),
            new BackendPlan(new Target.Provider(provider("a.test"), config), 1, 0, null)));

    Exchange sent = send();

    assertThat(failureOf(sent)).isEqualTo(Failure.NO_CREDENTIAL);
    assertThat(sent.getException()).hasMessageContaining("ns/keys").hasMessageContaining("openai");
  }

  @Test
  void theDumpReadsLikeTheRouteAndHoldsNoKey() throws Exception {
    install(
        rule(
            "vip-route",
            0,
            List.of(header("user-type", "subscriber")),
            backend("a.test", 70),
            backend("b.test", 30)),
        rule("", 1, List.of(), backend("a.test", 1)));

    String dump =
        PluginHelper.getModelToXMLDumper(context)
            .dumpModelAsXml(
                context,
                context
                    .getCamelContextExtension()
                    .getContextPlugin(org.apache.camel.model.Model.class)
                    .getRouteDefinition(ROUTE));

    assertThat(dump)
        .contains(
            "vip-route", "user-type = subscriber", "70 of 100 to a.test", "30 of 100 to b.test")
        .contains(
            "upstream:https://a.test", "upstream:https://b.test", "distributionRatio=\"70,30\"")
        .contains("LLMRoute default/r")
        .doesNotContain(KEY);
  }

  private void install(RulePlan... rules) throws Exception {
    HostPlan plan =
        new HostPlan(
            "llm.test",
            new TreeSet<>(List.of("llm.test")),
            new ResourceId("LLMRoute", "default", "r"),
            List.of(rules));
    Credentials credentials = new Credentials();
    UpstreamComponent upstream = context.getComponent("upstream", UpstreamComponent.class);
    context.addRoutes(
        new HostRouteBuilder(
            plan,
            ROUTE,
            upstream,
            new UpstreamUris(upstream, credentials),
            credentials,
            new NoRelay()));
    AdviceWith.adviceWith(context, ROUTE, advice -> advice.mockEndpointsAndSkip("upstream:*"));
  }

  /** Where no provider was called, no answer can be relayed. */
  private static final class NoRelay extends Relay {
    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      callback.done(true);
      return true;
    }
  }

  private Exchange exchange(String uri) throws Exception {
    Exchange exchange = context.getEndpoint("direct:" + ROUTE).createExchange();
    StubCalls.enter(exchange, uri, "host", "llm.test");
    return exchange;
  }

  private Exchange send(String... headers) throws Exception {
    Exchange exchange = context.getEndpoint("direct:" + ROUTE).createExchange();
    String[] all = new String[headers.length + 2];
    all[0] = "host";
    all[1] = "llm.test";
    System.arraycopy(headers, 0, all, 2, headers.length);
    StubCalls.enter(exchange, "/", all);
    return template.send("direct:" + ROUTE, exchange);
  }

  private int calls(String provider) {
    return MockEndpoint.resolve(context, "mock:upstream:https://" + provider).getReceivedCounter();
  }

  private static Failure failureOf(Exchange exchange) {
    return exchange.getException(FailureException.class).failure();
  }

  private static RulePlan rule(
      String name, int index, List<MatchPlan> matches, BackendPlan... backends) {
    return new RulePlan(name, index, matches, List.of(backends), null);
  }

  private static MatchPlan header(String name, String value) {
    return new MatchPlan(new TreeMap<>(Map.of(name, new ValueMatch.Exact(value))), null);
  }

  private static BackendPlan backend(String host, int weight) {
    ModelConfig config = new ModelConfig("m", null, new Credential.Inline(ApiKey.of(KEY)));
    return new BackendPlan(new Target.Provider(provider(host), config), weight, 0, null);
  }

  private static ProviderPlan provider(String host) {
    return new ProviderPlan(
        host, 443, "/v1/chat/completions", Tls.SIMPLE, Timeouts.DEFAULT, 0, null);
  }
}

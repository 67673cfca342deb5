package dev.caravan.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.api.ResourceId;
import dev.caravan.http.Failure;
import dev.caravan.http.FailureException;
import dev.caravan.http.Relay;
import dev.caravan.http.StubCalls;
import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.BackendPlan;
import dev.caravan.plan.HostPlan;
import dev.caravan.plan.ModelConfig;
import dev.caravan.plan.ProviderPlan;
import dev.caravan.plan.RoutingPlan;
import dev.caravan.plan.RulePlan;
import dev.caravan.plan.Target;
import dev.caravan.plan.Timeouts;
import dev.caravan.plan.Tls;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouteInstallerTest {
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final HostTable table = new HostTable();
  private final AsyncProcessor toHostRoute = table.toHostRoute();
  private final List<AsyncCallback> streams = new ArrayList<>();
  private RouteInstaller installer;

  @BeforeEach
  void start() {
    camel.addComponent("upstream", new OpenEndedUpstream());
    camel.start();
    UpstreamComponent upstream = new UpstreamComponent(null, Map.of(), null);
    installer = new RouteInstaller(camel, upstream, new Credentials(), new Relay(), table);
  }

  @AfterEach
  void stop() {
    List.copyOf(streams).forEach(stream -> stream.done(false));
    installer.close();
    camel.stop();
  }

  /** A provider whose answers last until the test ends them. */
  private final class OpenEndedUpstream extends DefaultComponent {
    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> options) {
      return new DefaultEndpoint(uri, this) {
        @Override
        public Producer createProducer() {
          return new DefaultAsyncProducer(this) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
              exchange.setRouteStop(true);
              streams.add(callback);
              return false;
            }
          };
        }

        @Override
        public Consumer createConsumer(Processor processor) {
          throw new UnsupportedOperationException();
        }
      };
    }
  }

  @Test
  void aHostIsServedUnderAllItsNamesFromTheFirstInstallationOn() throws Exception {
    assertThat(failureOf(enter("a.test"))).isEqualTo(Failure.NOT_READY);

    installer.install(plan(host("a.test", "one", "a", "a.ns")));

    enter("a.test");
    enter("a.ns");
    assertThat(streams).hasSize(2);
    assertThat(failureOf(enter("b.test"))).isEqualTo(Failure.UNKNOWN_HOST);
  }

  @Test
  void onlyAHostWhosePlanHasChangedGetsANewRoute() {
    installer.install(plan(host("a.test", "one"), host("b.test", "one")));

    RouteInstaller.Outcome outcome =
        installer.install(plan(host("a.test", "two"), host("b.test", "one")));

    assertThat(outcome.changed()).extracting(HostPlan::host).containsExactly("a.test");
    await().until(() -> routes().equals(List.of("a.test-g2", "b.test-g1")));
  }

  @Test
  void aReplacedRouteIsRemovedOnlyWhenItsLastStreamHasEnded() throws Exception {
    installer.install(plan(host("a.test", "one")));
    Exchange old = enter("a.test");

    installer.install(plan(host("a.test", "two")));
    enter("a.test");

    assertThat(routes()).containsExactly("a.test-g1", "a.test-g2");
    assertThat(old.getException()).isNull();
    streams.removeFirst().done(false);
    await().until(() -> routes().equals(List.of("a.test-g2")));
  }

  @Test
  void aRemovedHostIsUnknownAtOnceAndItsStreamsEndInTheirOwnTime() throws Exception {
    installer.install(plan(host("a.test", "one")));
    enter("a.test");

    installer.install(plan());

    assertThat(failureOf(enter("a.test"))).isEqualTo(Failure.UNKNOWN_HOST);
    assertThat(routes()).containsExactly("a.test-g1");
    streams.removeFirst().done(false);
    await().until(() -> routes().isEmpty());
  }

  @Test
  void nothingIsLeftOfAHundredGenerations() {
    for (int i = 0; i < 100; i++) {
      installer.install(plan(host("a.test", "rule" + i)));
    }

    await().until(() -> routes().equals(List.of("a.test-g100")));
    await().until(() -> camel.getEndpoints().size() == 2);
    assertThat(camel.getRouteDefinitions()).hasSize(1);
  }

  private List<String> routes() {
    return camel.getRoutes().stream().map(r -> r.getRouteId()).sorted().toList();
  }

  private Exchange enter(String host) throws Exception {
    Exchange exchange = new DefaultExchange(camel);
    StubCalls.enter(exchange, "/", "host", host);
    toHostRoute.process(exchange, done -> {});
    return exchange;
  }

  private static Failure failureOf(Exchange exchange) {
    return exchange.getException(FailureException.class).failure();
  }

  private static RoutingPlan plan(HostPlan... hosts) {
    TreeMap<String, HostPlan> byHost = new TreeMap<>();
    Arrays.stream(hosts).forEach(host -> byHost.put(host.host(), host));
    return new RoutingPlan(byHost, List.of());
  }

  /** A host with one rule that goes straight to the relay. */
  private static HostPlan host(String host, String rule, String... otherNames) {
    TreeSet<String> names = new TreeSet<>(List.of(otherNames));
    names.add(host);
    return new HostPlan(
        host, names, new ResourceId("LLMRoute", "default", "r"), List.of(toRelay(rule)));
  }

  private static RulePlan toRelay(String name) {
    var config = ModelConfig.NONE;
    var provider = new ProviderPlan("p.test", 443, null, Tls.SIMPLE, Timeouts.DEFAULT, 0, null);
    return new RulePlan(
        name,
        0,
        List.of(),
        List.of(new BackendPlan(new Target.Provider(provider, config), 1, 0, null)),
        null);
  }
}

package dev.caravan.route;

import dev.caravan.http.Failure;
import dev.caravan.http.FailureException;
import dev.caravan.http.Relay;
import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.BackendPlan;
import dev.caravan.plan.HostPlan;
import dev.caravan.plan.ModelConfig;
import dev.caravan.plan.ProviderPlan;
import dev.caravan.plan.RulePlan;
import dev.caravan.plan.Target;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.LoadBalanceDefinition;
import org.apache.camel.model.ProcessorDefinition;

/**
 * Builds the Camel route of one host: a choice of its rules, in each a weighted split over its
 * backends, in each of those enrich, authorize and call; then relay. Rule names, weights and
 * provider hosts are ids and descriptions, so that a dump or Hawtio reads like the LLMRoute.
 */
final class HostRouteBuilder extends RouteBuilder {
  private final HostPlan plan;
  private final String routeId;
  private final UpstreamComponent upstream;
  private final UpstreamUris uris;
  private final Credentials credentials;
  private final Relay relay;

  HostRouteBuilder(
      HostPlan plan,
      String routeId,
      UpstreamComponent upstream,
      UpstreamUris uris,
      Credentials credentials,
      Relay relay) {
    this.plan = plan;
    this.routeId = routeId;
    this.upstream = upstream;
    this.uris = uris;
    this.credentials = credentials;
    this.relay = relay;
  }

  /** Failures are the ingress route's business: it answers the client. */
  @Override
  public void configure() {
    errorHandler(noErrorHandler());
    ChoiceDefinition choice =
        from("direct:" + routeId)
            .routeId(routeId)
            .routeDescription("%s, from %s".formatted(plan.host(), plan.owner()))
            .routeGroup(plan.host())
            .nodePrefixId(routeId + "/")
            .choice()
            .id("rules");
    boolean caughtAll = false;
    for (RulePlan rule : plan.rules()) {
      if (caughtAll) {
        break;
      }
      caughtAll = rule.matches().isEmpty();
      if (caughtAll) {
        choice.otherwise();
      } else {
        choice.when(new RuleMatch(rule.matches()));
      }
      choice.id(ruleName(rule)).description(describe(rule));
      addBackends(choice, rule);
    }
    if (!caughtAll) {
      choice.otherwise().id("no-rule");
      choice
          .process(failWith(Failure.NO_RULE, "no rule of the host matches this request"))
          .id("no-rule-answer");
    }
  }

  private void addBackends(ChoiceDefinition choice, RulePlan rule) {
    String name = ruleName(rule);
    List<BackendPlan> backends = rule.backends();
    if (backends.isEmpty()) {
      choice
          .process(failWith(Failure.NO_BACKEND, "all weights of the rule " + name + " are zero"))
          .id(name + "-no-backend");
      return;
    }
    if (backends.size() == 1) {
      addBackend(choice, rule, 0);
    } else {
      LoadBalanceDefinition split = choice.loadBalance();
      split
          .weighted(false, ratios(backends))
          .id(name + "-split")
          .description(describeSplit(backends));
      for (int i = 0; i < backends.size(); i++) {
        addBackend(
            split
                .pipeline()
                .id(name + "-backend-" + i)
                .description(describe(backends.get(i), backends)),
            rule,
            i);
      }
    }
    choice
        .process(relay)
        .id(name + "-relay")
        .description("Relays the answer, byte by byte as it comes");
  }

  private void addBackend(ProcessorDefinition<?> to, RulePlan rule, int index) {
    BackendPlan backend = rule.backends().get(index);
    String id = ruleName(rule) + "-" + index;
    switch (backend.target()) {
      case Target.Unresolved unresolved ->
          to.process(failWith(Failure.UNKNOWN_PROVIDER, unresolved.message()))
              .id(id + "-unresolved")
              .description(unresolved.message());
      case Target.Provider target -> {
        ProviderPlan provider = target.provider();
        ModelConfig config = target.config();
        to.process(new EnrichJson(rule.label(), backend, provider, config, upstream))
            .id(id + "-enrich")
            .description(describe(provider, config));
        to.process(new AddAuth(config.credential(), credentials))
            .id(id + "-auth")
            .description(AddAuth.describe(config.credential()));
        to.to(uris.of(provider)).id(id + "-" + provider.host()).description(provider.host());
      }
    }
  }

  private static Processor failWith(Failure failure, String message) {
    FailureException exception = failure.because(message);
    return exchange -> {
      throw exception;
    };
  }

  private static String ratios(List<BackendPlan> backends) {
    return backends.stream()
        .map(b -> Integer.toString(b.weight()))
        .collect(Collectors.joining(","));
  }

  /** The rule's own name, or where it stands, as an id. */
  private static String ruleName(RulePlan rule) {
    return rule.label().replace(' ', '-');
  }

  private static String describe(RulePlan rule) {
    return rule.matches().isEmpty() ? "always" : new RuleMatch(rule.matches()).toString();
  }

  private static String describeSplit(List<BackendPlan> backends) {
    return backends.stream().map(b -> describe(b, backends)).collect(Collectors.joining(", "));
  }

  private static String describe(BackendPlan backend, List<BackendPlan> all) {
    long sum = all.stream().mapToLong(BackendPlan::weight).sum();
    return "%d of %d to %s".formatted(backend.weight(), sum, hostOf(backend.target()));
  }

  private static String hostOf(Target target) {
    return switch (target) {
      case Target.Provider p -> p.provider().host();
      case Target.Unresolved u -> "nowhere (" + u.reason() + ")";
    };
  }

  private static String describe(ProviderPlan provider, ModelConfig config) {
    return "model %s, stream %s, path %s"
        .formatted(
            config.model() == null ? "of the client" : config.model(),
            config.stream() == null ? "of the client" : config.stream(),
            provider.path() == null ? "of the client" : provider.path());
  }
}

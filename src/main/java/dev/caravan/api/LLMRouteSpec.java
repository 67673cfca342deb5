package dev.caravan.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/**
 * The spec of an {@code LLMRoute}: how requests to a host are shared out among providers. Fields
 * are as written in the manifest; an absent one is null (a list or map: empty).
 */
public record LLMRouteSpec(
    @Required
        @Size(max = Schema.HOST_LENGTH)
        @ValidationRule(value = Schema.HOST, message = Schema.HOST_MESSAGE)
        @JsonPropertyDescription(
            "Required. The host that clients call: a provider's host, or a virtual one. A short Service name also answers to its longer forms.")
        String host,
    @Size(max = Schema.GATEWAYS)
        @ValidationRule(value = Schema.GATEWAY, message = Schema.GATEWAY_MESSAGE)
        @JsonPropertyDescription(
            "Where it applies, as in VirtualService: namespace/name of a gateway, or mesh for the sidecars; absent: mesh.")
        List<@Size(max = Schema.GATEWAY_LENGTH) String> gateways,
    @Required
        @Size(max = Schema.RULES)
        @ValidationRule(value = Schema.SOME_RULES, message = Schema.SOME_RULES_MESSAGE)
        @ValidationRule(value = Schema.RULE_NAMES, message = Schema.RULE_NAMES_MESSAGE)
        @JsonPropertyDescription("Required. In order; the first one whose match holds is used.")
        List<Rule> rules) {
  public LLMRouteSpec {
    gateways = Copies.of(gateways);
    rules = Copies.of(rules);
  }

  /** One rule. */
  public record Rule(
      @Size(max = Schema.NAME_LENGTH)
          @JsonPropertyDescription(
              "The key of routeSpecificConfigs in an LLMProvider; unique in the route.")
          String name,
      @Size(max = Schema.MATCHES)
          @JsonPropertyDescription(
              "Any of these must hold, and in one of these all conditions; absent: always.")
          List<Match> matches,
      @Required
          @Size(max = Schema.BACKENDS)
          @ValidationRule(value = Schema.SOME_BACKENDS, message = Schema.SOME_BACKENDS_MESSAGE)
          @ValidationRule(
              value = Schema.WEIGHTS_COMPLETE,
              message = Schema.WEIGHTS_COMPLETE_MESSAGE)
          @ValidationRule(
              value = Schema.WEIGHTS_NOT_ALL_ZERO,
              message = Schema.WEIGHTS_NOT_ALL_ZERO_MESSAGE)
          @ValidationRule(value = Schema.WEIGHTS_SUM, message = Schema.WEIGHTS_SUM_MESSAGE)
          @JsonPropertyDescription("Required. Where the requests go, shared out by weight.")
          List<BackendRef> backendRefs,
      @JsonPropertyDescription(
              "Another attempt, as long as the client has got no byte of an answer. Extension of Caravan.")
          Retry retry) {
    public Rule {
      matches = Copies.of(matches);
      backendRefs = Copies.of(backendRefs);
    }
  }

  /** Conditions that must all hold. */
  public record Match(
      @Size(max = Schema.HEADERS)
          @ValidationRule(value = Schema.HEADER_NAMES, message = Schema.HEADER_NAMES_MESSAGE)
          @JsonPropertyDescription(
              "By header name, in any case; values differ by case. An empty match means: is present.")
          Map<String, StringMatch> headers,
      @JsonPropertyDescription("All of these labels must be on the calling pod.")
          Map<String, String> sourceLabels,
      @JsonPropertyDescription("Narrows the route's gateways for this match, as in VirtualService.")
          List<String> gateways,
      @JsonPropertyDescription("On the client's model field. Extension of Caravan.")
          StringMatch model) {
    public Match {
      headers = Copies.of(headers);
      sourceLabels = Copies.of(sourceLabels);
      gateways = Copies.of(gateways);
    }
  }

  /** One target of a rule: a provider, or something in the cluster. */
  @ValidationRule(value = Schema.ONE_TARGET, message = Schema.ONE_TARGET_MESSAGE)
  @ValidationRule(value = Schema.SOME_TARGET, message = Schema.SOME_TARGET_MESSAGE)
  public record BackendRef(
      @Size(max = Schema.HOST_LENGTH)
          @ValidationRule(value = Schema.HOST, message = Schema.HOST_MESSAGE)
          @JsonPropertyDescription("The host of an LLMProvider; excludes backendRef.")
          String providerHost,
      @Min(0)
          @Max(Integer.MAX_VALUE)
          @JsonPropertyDescription(
              "The share is weight / sum of the weights; a single backend needs none; 0: no traffic.")
          Integer weight,
      @Size(max = Schema.HOST_HEADER_LENGTH)
          @ValidationRule(value = Schema.HOST_HEADER, message = Schema.HOST_HEADER_MESSAGE)
          @JsonPropertyDescription("The Host header sent to the backend.")
          String hostRewrite,
      @JsonPropertyDescription("A backend in the cluster; excludes providerHost.")
          ObjectRef backendRef,
      @Min(0)
          @Max(Integer.MAX_VALUE)
          @JsonPropertyDescription(
              "0 (the default) is used first; the next one only when all of the one before are unavailable. Extension of Caravan.")
          Integer priority) {}

  /** An object in the cluster, as in the Gateway API. */
  @ValidationRule(value = Schema.SERVICE_PORT, message = Schema.SERVICE_PORT_MESSAGE)
  public record ObjectRef(
      @JsonPropertyDescription(
              "Empty (the default) for a Service, inference.networking.k8s.io for an InferencePool.")
          String group,
      @JsonPropertyDescription("Service (the default) or InferencePool.") String kind,
      @Required
          @Size(max = Schema.NAME_LENGTH)
          @ValidationRule(value = Schema.NAME, message = Schema.NAME_MESSAGE)
          @JsonPropertyDescription("Required. The object's name.")
          String name,
      @Size(max = Schema.NAME_LENGTH)
          @ValidationRule(value = Schema.NAME, message = Schema.NAME_MESSAGE)
          @JsonPropertyDescription("The object's namespace; default the route's.")
          String namespace,
      @Min(1) @Max(Schema.MAX_PORT) @JsonPropertyDescription("The Service's port.") Integer port) {}

  /** When and how often another attempt is made. */
  public record Retry(
      @Min(0)
          @Max(Schema.MAX_ATTEMPTS)
          @JsonPropertyDescription(
              "Further attempts after the first, up to 10; default 2, as in Istio.")
          Integer attempts,
      @JsonPropertyDescription(
              "What another attempt is made after; default connect-failure and reset. In YAML the key is written in quotes, \"on\", because a bare on is read as true.")
          List<Condition> on,
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription("The wait before another attempt; default 25ms, as in Istio.")
          String backoff) {
    public Retry {
      on = Copies.of(on);
    }

    /** What another attempt is made after. */
    public enum Condition {
      @JsonProperty("connect-failure")
      CONNECT_FAILURE,
      @JsonProperty("reset")
      RESET,
      @JsonProperty("429")
      TOO_MANY_REQUESTS,
      @JsonProperty("5xx")
      SERVER_ERROR
    }
  }
}

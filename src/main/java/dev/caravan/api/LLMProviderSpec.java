package dev.caravan.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;

/**
 * The spec of an {@code LLMProvider}: an LLM service, how it is reached and what is filled in on
 * the way. Fields are as written in the manifest; an absent one is null (a map: empty), so that a
 * default never looks like a choice.
 */
public record LLMProviderSpec(
    @JsonPropertyDescription("The pods it applies to, in its namespace; absent: all.")
        WorkloadSelector workloadSelector,
    @Required
        @Size(max = Schema.HOST_LENGTH)
        @ValidationRule(value = Schema.HOST, message = Schema.HOST_MESSAGE)
        @JsonPropertyDescription(
            "Required. The provider's host name, unique among providers; no scheme, port or path.")
        String host,
    @Min(1)
        @Max(Schema.MAX_PORT)
        @JsonPropertyDescription(
            "The provider's port; default 443, or 80 when tls.mode is DISABLE. Extension of Caravan.")
        Integer port,
    @Size(max = Schema.PATH_LENGTH)
        @ValidationRule(value = Schema.PATH, message = Schema.PATH_MESSAGE)
        @JsonPropertyDescription("Replaces the client's path; default /v1/chat/completions.")
        String path,
    @JsonPropertyDescription("What is written into requests.") Configs configs,
    @JsonPropertyDescription(
            "How the connection to the provider is secured, as in Istio's ClientTLSSettings. Extension of Caravan.")
        Tls tls,
    @JsonPropertyDescription("Four separate clocks. Extension of Caravan.") Timeouts timeouts,
    @JsonPropertyDescription(
            "When a provider that fails is left out for a while, as in Istio. Extension of Caravan.")
        OutlierDetection outlierDetection,
    @JsonPropertyDescription("Limits for this provider's host. Extension of Caravan.")
        ConnectionPool connectionPool) {

  /** Pods by their labels. */
  public record WorkloadSelector(
      @JsonPropertyDescription("All of these labels must be on the pod.")
          Map<String, String> labels) {
    public WorkloadSelector {
      labels = Copies.of(labels);
    }
  }

  /** The default and what single rules have instead. */
  public record Configs(
      @JsonPropertyDescription("Used when no route-specific entry applies.")
          ProviderConfig defaultConfig,
      @Size(max = Schema.ROUTE_CONFIGS)
          @ValidationRule(value = Schema.ROUTE_CONFIGS_RULE, message = Schema.ROUTE_CONFIGS_MESSAGE)
          @JsonPropertyDescription(
              "By the name of a rule of an LLMRoute; what is set here overrides the default, field by field.")
          Map<String, ProviderConfig> routeSpecificConfigs) {
    public Configs {
      routeSpecificConfigs = Copies.of(routeSpecificConfigs);
    }
  }

  /** One configuration, by the provider's protocol. */
  public record ProviderConfig(
      @JsonPropertyDescription("For providers that speak OpenAI's protocol.")
          OpenAIConfig openAIConfig) {}

  /** What is written into a request in OpenAI's protocol. */
  @ValidationRule(value = Schema.ONE_KEY, message = Schema.ONE_KEY_MESSAGE)
  public record OpenAIConfig(
      @Size(max = Schema.MODEL_LENGTH)
          @ValidationRule(value = Schema.MODEL, message = Schema.MODEL_MESSAGE)
          @JsonPropertyDescription("Written into the body, replacing the client's.")
          String model,
      @JsonPropertyDescription("Written into the body when set; unset, the client's choice stands.")
          Boolean stream,
      @Sensitive
          @JsonPropertyDescription(
              "Sent as authorization: Bearer, replacing the client's; excludes apiKeySecretRef.")
          String apiKey,
      @JsonPropertyDescription(
              "The key from a Secret, read anew within a second of its change; excludes apiKey. Extension of Caravan.")
          SecretKeyRef apiKeySecretRef) {
    @Override
    public String toString() {
      return "OpenAIConfig[model=%s, stream=%s, apiKey=%s, apiKeySecretRef=%s]"
          .formatted(model, stream, apiKey == null ? null : "***", apiKeySecretRef);
    }
  }

  /** One key of a Secret. */
  public record SecretKeyRef(
      @Required
          @Size(max = Schema.NAME_LENGTH)
          @ValidationRule(value = Schema.NAME, message = Schema.NAME_MESSAGE)
          @JsonPropertyDescription("Required. The Secret's name.")
          String name,
      @Required @Size(min = 1) @JsonPropertyDescription("Required. The key in the Secret's data.")
          String key,
      @Size(max = Schema.NAME_LENGTH)
          @ValidationRule(value = Schema.NAME, message = Schema.NAME_MESSAGE)
          @JsonPropertyDescription(
              "The Secret's namespace; default the provider's. Another one must allow it by the annotation caravan.dev/allow-namespaces.")
          String namespace) {}

  /** As in Istio's ClientTLSSettings. */
  @ValidationRule(value = Schema.CLIENT_CERTIFICATE, message = Schema.CLIENT_CERTIFICATE_MESSAGE)
  public record Tls(
      @JsonPropertyDescription(
              "SIMPLE: TLS, the server is verified (the default). MUTUAL: with a client certificate. DISABLE: plain HTTP.")
          Mode mode,
      @Size(max = Schema.HOST_LENGTH)
          @ValidationRule(value = Schema.HOST, message = Schema.HOST_MESSAGE)
          @JsonPropertyDescription("The server name asked for and verified; default host.")
          String sni,
      @Size(max = Schema.NAME_LENGTH)
          @ValidationRule(value = Schema.NAME, message = Schema.NAME_MESSAGE)
          @JsonPropertyDescription(
              "A Secret of the provider's namespace with tls.crt and tls.key, for MUTUAL; its ca.crt, if any, is trusted.")
          String credentialName,
      @JsonPropertyDescription(
              "The certificates to trust instead of the system's: PEM text, or the path of a PEM file.")
          String caCertificates,
      @JsonPropertyDescription("True: the server's certificate is not verified. For tests only.")
          Boolean insecureSkipVerify) {
    /** Spelled as in Istio. */
    public enum Mode {
      SIMPLE,
      DISABLE,
      MUTUAL
    }
  }

  /** Durations as in Go: {@code 500ms}, {@code 5s}, {@code 1m30s}. */
  public record Timeouts(
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription("To connect, TLS handshake included; default 5s.")
          String connect,
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription(
              "Of a stream, from the request to the first token, comments not counted; default 60s.")
          String firstToken,
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription("Between two pieces of the answer; default 60s.")
          String idle,
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription("For the whole request; default 10m.")
          String request) {}

  /** Names as in Istio's OutlierDetection. */
  @ValidationRule(value = Schema.EJECTION_TIMES, message = Schema.EJECTION_TIMES_MESSAGE)
  public record OutlierDetection(
      @Min(1)
          @Max(Integer.MAX_VALUE)
          @JsonPropertyDescription("Errors in a row until the provider is left out; default 5.")
          Integer consecutiveErrors,
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription("How long at first; default 30s.")
          String baseEjectionTime,
      @Size(max = Schema.DURATION_LENGTH)
          @ValidationRule(value = Schema.DURATION, message = Schema.DURATION_MESSAGE)
          @JsonPropertyDescription("How long at most; default 5m.")
          String maxEjectionTime) {}

  /** Limits of the connection pool. */
  public record ConnectionPool(
      @Min(1)
          @Max(Integer.MAX_VALUE)
          @JsonPropertyDescription("Connections open at one time; default unlimited.")
          Integer maxConnections) {}
}

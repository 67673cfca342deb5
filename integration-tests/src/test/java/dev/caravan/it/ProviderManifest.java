package dev.caravan.it;

import java.util.ArrayList;
import java.util.List;

/** An LLMProvider as YAML, for tests that do not care how the rest of it looks. */
public final class ProviderManifest {
  private final String host;
  private final List<String> spec = new ArrayList<>();
  private final List<String> openAi = new ArrayList<>();
  private final List<String> routes = new ArrayList<>();
  private String path = "/v1/chat/completions";
  private String namespace = "";

  private ProviderManifest(String host) {
    this.host = host;
  }

  /** A provider with path {@code /v1/chat/completions} and nothing configured. */
  public static ProviderManifest provider(String host) {
    return new ProviderManifest(host);
  }

  /** The provider's host. */
  public String host() {
    return host;
  }

  /** The namespace; by default the manifest names none. */
  public ProviderManifest in(String chosen) {
    namespace = chosen;
    return this;
  }

  /** The configured path. */
  public ProviderManifest path(String configured) {
    path = configured;
    return this;
  }

  /** The configured model. */
  public ProviderManifest model(String model) {
    openAi.add("model: \"" + model + "\"");
    return this;
  }

  /** The configured key. */
  public ProviderManifest key(String key) {
    openAi.add("apiKey: \"" + key + "\"");
    return this;
  }

  /** The key from a Secret beside it. */
  public ProviderManifest keyFrom(String secret, String key) {
    openAi.add("apiKeySecretRef: {name: " + secret + ", key: " + key + "}");
    return this;
  }

  /** The configured stream. */
  public ProviderManifest stream(boolean stream) {
    openAi.add("stream: " + stream);
    return this;
  }

  /** The model of one route rule. */
  public ProviderManifest modelOfRule(String rule, String model) {
    routes.add(rule + ": {openAIConfig: {model: \"" + model + "\"}}");
    return this;
  }

  /** Another line of the spec. */
  public ProviderManifest with(String line) {
    spec.add(line);
    return this;
  }

  /** A manifest's file name that no other provider has. */
  public String fileName() {
    return "provider-" + host + ".yaml";
  }

  /** The manifest. */
  public String yaml() {
    StringBuilder yaml = new StringBuilder();
    yaml.append("apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMProvider\n");
    yaml.append("metadata:\n  name: ").append(host.replace('.', '-')).append('\n');
    if (!namespace.isEmpty()) {
      yaml.append("  namespace: ").append(namespace).append('\n');
    }
    yaml.append("spec:\n  host: ").append(host).append("\n  path: ").append(path).append('\n');
    spec.forEach(line -> yaml.append("  ").append(line).append('\n'));
    yaml.append("  configs:\n    defaultConfig:\n      openAIConfig:");
    yaml.append(openAi.isEmpty() ? " {}\n" : "\n");
    openAi.forEach(line -> yaml.append("        ").append(line).append('\n'));
    if (!routes.isEmpty()) {
      yaml.append("    routeSpecificConfigs:\n");
      routes.forEach(line -> yaml.append("      ").append(line).append('\n'));
    }
    return yaml.toString();
  }
}

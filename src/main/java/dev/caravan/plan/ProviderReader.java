package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMProviderSpec.OpenAIConfig;
import dev.caravan.api.LLMProviderSpec.ProviderConfig;
import dev.caravan.api.LLMProviderSpec.Tls.Mode;
import dev.caravan.api.ObjectName;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads one LLMProvider's spec by itself: checks every value and fills in the defaults. */
final class ProviderReader {
  private static final String DEFAULT_PATH = "/v1/chat/completions";
  private static final int MAX_PORT = 65535;

  private final LLMProviderSpec spec;
  private final String namespace;
  private final Findings findings;
  private final Fields fields;
  private final Map<FieldPath, Credential.SecretKeyRef> secretRefs = new LinkedHashMap<>();

  private ProviderReader(LLMProviderSpec spec, String namespace, Findings findings) {
    this.spec = spec;
    this.namespace = namespace;
    this.findings = findings;
    this.fields = new Fields(findings);
  }

  /** Only to be used if the findings hold no error afterwards. */
  static ProviderDraft read(LLMProviderSpec spec, String namespace, Findings findings) {
    return new ProviderReader(spec, namespace, findings).read();
  }

  private ProviderDraft read() {
    HostName host = fields.host(spec.host(), at("host"));
    Map<String, ModelConfig> configs = configs();
    ProviderPlan plan = host == null ? null : provider(host);
    NotInForce.warn(spec, findings);
    Map<String, String> selector =
        spec.workloadSelector() == null ? null : spec.workloadSelector().labels();
    return new ProviderDraft(
        host == null ? null : host.canonical(), plan, selector, configs, secretRefs);
  }

  private ProviderPlan provider(HostName host) {
    Tls tls = tls();
    int port = fields.number(spec.port(), at("port"), 1, MAX_PORT, tls.enabled() ? 443 : 80);
    return new ProviderPlan(
        host.text(),
        port,
        fields.path(spec.path(), at("path"), DEFAULT_PATH),
        tls,
        timeouts(),
        maxConnections(),
        outlier());
  }

  private Tls tls() {
    LLMProviderSpec.Tls tls = spec.tls();
    if (tls == null) {
      return Tls.SIMPLE;
    }
    FieldPath path = at("tls");
    Mode mode = tls.mode() == null ? Mode.SIMPLE : tls.mode();
    if (mode == Mode.MUTUAL && tls.credentialName() == null) {
      findings.invalid(
          path.child("credentialName"),
          "is required by mode MUTUAL: the Secret with the client's certificate");
    }
    ObjectName credential = null;
    if (tls.credentialName() != null) {
      credential =
          new ObjectName(
              namespace,
              fields.name(
                  tls.credentialName(),
                  path.child("credentialName"),
                  "the name of a Secret",
                  null));
    }
    HostName sni = tls.sni() == null ? null : fields.host(tls.sni(), path.child("sni"));
    return new Tls(
        mode,
        sni == null ? null : sni.text(),
        credential,
        caCertificates(tls.caCertificates(), path.child("caCertificates")),
        Boolean.TRUE.equals(tls.insecureSkipVerify()));
  }

  private String caCertificates(String value, FieldPath path) {
    if (value == null || value.strip().startsWith("-----BEGIN ")) {
      return value == null ? null : value.strip();
    }
    if (value.isBlank() || value.chars().anyMatch(Character::isISOControl)) {
      findings.invalid(
          path, "must be PEM text that begins with -----BEGIN, or the path of a PEM file");
    }
    return value;
  }

  private Timeouts timeouts() {
    LLMProviderSpec.Timeouts written = spec.timeouts();
    Timeouts ifAbsent = Timeouts.DEFAULT;
    if (written == null) {
      return ifAbsent;
    }
    FieldPath path = at("timeouts");
    return new Timeouts(
        fields.duration(written.connect(), path.child("connect"), ifAbsent.connect()),
        fields.duration(written.firstToken(), path.child("firstToken"), ifAbsent.firstToken()),
        fields.duration(written.idle(), path.child("idle"), ifAbsent.idle()),
        fields.duration(written.request(), path.child("request"), ifAbsent.request()));
  }

  private int maxConnections() {
    if (spec.connectionPool() == null) {
      return 0;
    }
    return fields.number(
        spec.connectionPool().maxConnections(),
        at("connectionPool").child("maxConnections"),
        1,
        Integer.MAX_VALUE,
        0);
  }

  private OutlierPlan outlier() {
    LLMProviderSpec.OutlierDetection written = spec.outlierDetection();
    if (written == null) {
      return null;
    }
    FieldPath path = at("outlierDetection");
    Duration base =
        fields.duration(
            written.baseEjectionTime(), path.child("baseEjectionTime"), Duration.ofSeconds(30));
    Duration max =
        fields.duration(
            written.maxEjectionTime(), path.child("maxEjectionTime"), Duration.ofMinutes(5));
    if (max.compareTo(base) < 0) {
      if (written.maxEjectionTime() != null) {
        findings.invalid(
            path.child("maxEjectionTime"),
            "%s is shorter than baseEjectionTime",
            Fields.quote(written.maxEjectionTime()));
      }
      max = base;
    }
    return new OutlierPlan(
        fields.number(
            written.consecutiveErrors(), path.child("consecutiveErrors"), 1, Integer.MAX_VALUE, 5),
        base,
        max);
  }

  private Map<String, ModelConfig> configs() {
    Map<String, ModelConfig> configs = new LinkedHashMap<>();
    configs.put(ProviderDraft.DEFAULT, ModelConfig.NONE);
    if (spec.configs() == null) {
      return configs;
    }
    FieldPath path = at("configs");
    ModelConfig byDefault =
        config(spec.configs().defaultConfig(), path.child("defaultConfig"), ModelConfig.NONE);
    configs.put(ProviderDraft.DEFAULT, byDefault);
    spec.configs()
        .routeSpecificConfigs()
        .forEach(
            (rule, config) -> {
              FieldPath at = path.child("routeSpecificConfigs").child(rule);
              if (rule.isBlank()) {
                findings.invalid(at, "must be under the name of a rule, not under an empty one");
                return;
              }
              configs.put(rule, config(config, at, byDefault));
            });
    return configs;
  }

  /**
   * Field by field over the default; a key of either kind replaces the default's of either kind.
   */
  private ModelConfig config(ProviderConfig written, FieldPath at, ModelConfig byDefault) {
    OpenAIConfig config = written == null ? null : written.openAIConfig();
    if (config == null) {
      return byDefault;
    }
    FieldPath path = at.child("openAIConfig");
    String model = fields.text(config.model(), path.child("model"));
    Credential credential = credential(config, path);
    return new ModelConfig(
        model == null ? byDefault.model() : model,
        config.stream() == null ? byDefault.stream() : config.stream(),
        credential instanceof Credential.None ? byDefault.credential() : credential);
  }

  private Credential credential(OpenAIConfig config, FieldPath path) {
    if (config.apiKey() != null && config.apiKeySecretRef() != null) {
      findings.invalid(path.child("apiKeySecretRef"), "excludes apiKey; set one of the two");
    }
    if (config.apiKeySecretRef() != null) {
      return secretRef(config.apiKeySecretRef(), path.child("apiKeySecretRef"));
    }
    if (config.apiKey() == null) {
      return new Credential.None();
    }
    try {
      return new Credential.Inline(ApiKey.of(config.apiKey()));
    } catch (IllegalArgumentException e) {
      findings.invalid(path.child("apiKey"), "the key %s", e.getMessage());
      return new Credential.None();
    }
  }

  private Credential secretRef(LLMProviderSpec.SecretKeyRef ref, FieldPath path) {
    String name = fields.name(ref.name(), path.child("name"), "the name of a Secret", null);
    String from =
        fields.name(ref.namespace(), path.child("namespace"), "the name of a namespace", namespace);
    if (ref.key() == null || ref.key().isEmpty()) {
      findings.invalid(path.child("key"), "is required: a key in the Secret's data");
    }
    if (name == null || ref.key() == null) {
      return new Credential.None();
    }
    Credential.SecretKeyRef read = new Credential.SecretKeyRef(from, name, ref.key(), namespace);
    secretRefs.put(path, read);
    return read;
  }

  private static FieldPath at(String field) {
    return FieldPath.SPEC.child(field);
  }
}

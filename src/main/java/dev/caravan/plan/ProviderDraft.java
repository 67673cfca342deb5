package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import java.util.Map;

/**
 * A provider, read and checked by itself; what other resources have to do with it is not decided
 * yet.
 *
 * @param host in its canonical form; the plan has it as written, for Host header and certificate
 * @param selector null: every pod
 * @param configs by rule name, already merged over the default; the default itself under the empty
 *     name
 * @param secretRefs where the spec refers to a Secret for a key
 */
record ProviderDraft(
    HostName host,
    ProviderPlan plan,
    Map<String, String> selector,
    Map<String, ModelConfig> configs,
    Map<FieldPath, Credential.SecretKeyRef> secretRefs) {
  static final String DEFAULT = "";

  ModelConfig configFor(String rule) {
    return configs.getOrDefault(rule, configs.get(DEFAULT));
  }
}

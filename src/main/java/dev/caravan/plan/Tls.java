package dev.caravan.plan;

import dev.caravan.api.LLMProviderSpec.Tls.Mode;
import dev.caravan.api.ObjectName;

/**
 * How the connection to a provider is secured.
 *
 * @param sni null: the provider's host
 * @param credential the Secret with the client's certificate (MUTUAL), and maybe with trusted ones;
 *     null: none
 * @param caCertificates PEM text or the path of a PEM file; null: the system's
 */
public record Tls(
    Mode mode,
    String sni,
    ObjectName credential,
    String caCertificates,
    boolean insecureSkipVerify) {
  public static final Tls SIMPLE = new Tls(Mode.SIMPLE, null, null, null, false);
  public static final Tls DISABLE = new Tls(Mode.DISABLE, null, null, null, false);

  public boolean enabled() {
    return mode != Mode.DISABLE;
  }
}

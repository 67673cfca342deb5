package dev.caravan.http;

import java.util.function.Supplier;

/**
 * How TLS towards a provider differs from the default (the JVM's and {@code --ca}'s trust, no
 * client certificate). Known by name to {@link UpstreamComponent}, so that no certificate stands in
 * an endpoint URI.
 *
 * @param caPem PEM certificates to trust instead of the default ones; null = the default
 * @param insecureSkipVerify trust every certificate and name
 * @param clientCertificate read for each new connection pool; its change makes a new one. Null =
 *     none
 */
public record TlsSettings(
    String caPem, boolean insecureSkipVerify, Supplier<ClientCertificate> clientCertificate) {
  /** The default: verified by chain and name. */
  public static final TlsSettings VERIFIED = new TlsSettings(null, false, null);

  /**
   * A certificate chain and its key, PEM. Its {@code toString} shows neither.
   *
   * @param caPem certificates to trust that came with it; null = none did
   */
  public record ClientCertificate(String certificatePem, String keyPem, String caPem) {
    @Override
    public String toString() {
      return "ClientCertificate[***]";
    }
  }
}

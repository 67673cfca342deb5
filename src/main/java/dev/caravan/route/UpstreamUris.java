package dev.caravan.route;

import dev.caravan.api.ObjectName;
import dev.caravan.http.TlsSettings;
import dev.caravan.http.TlsSettings.ClientCertificate;
import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.ProviderPlan;
import dev.caravan.plan.Timeouts;
import dev.caravan.plan.Tls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Writes a provider's plan as an {@code upstream:} URI. What is not the default becomes an option;
 * certificates are registered with the component under a name, so that the URI holds none.
 */
final class UpstreamUris {
  private final UpstreamComponent component;
  private final Credentials credentials;
  private final Map<Tls, String> tlsNames = new ConcurrentHashMap<>();

  UpstreamUris(UpstreamComponent component, Credentials credentials) {
    this.component = component;
    this.credentials = credentials;
  }

  /**
   * @throws UncheckedIOException when a file with CA certificates cannot be read
   */
  String of(ProviderPlan provider) {
    Tls tls = provider.tls();
    int defaultPort = tls.enabled() ? 443 : 80;
    String target =
        "upstream:%s://%s%s"
            .formatted(
                tls.enabled() ? "https" : "http",
                provider.host(),
                provider.port() == defaultPort ? "" : ":" + provider.port());
    List<String> options = new ArrayList<>();
    option(options, "connectTimeout", provider.timeouts().connect(), Timeouts.DEFAULT.connect());
    option(
        options,
        "firstTokenTimeout",
        provider.timeouts().firstToken(),
        Timeouts.DEFAULT.firstToken());
    option(options, "idleTimeout", provider.timeouts().idle(), Timeouts.DEFAULT.idle());
    option(options, "requestTimeout", provider.timeouts().request(), Timeouts.DEFAULT.request());
    if (provider.maxConnections() > 0) {
      options.add("maxConnections=" + provider.maxConnections());
    }
    if (tls.enabled() && tls.sni() != null) {
      options.add("sni=" + tls.sni());
    }
    String tlsName = tlsName(tls, provider);
    if (!tlsName.isEmpty()) {
      options.add("tls=" + tlsName);
    }
    return options.isEmpty() ? target : target + "?" + String.join("&", options);
  }

  private static void option(List<String> options, String name, Duration value, Duration standard) {
    if (!value.equals(standard)) {
      options.add(name + "=" + value.toMillis());
    }
  }

  private String tlsName(Tls tls, ProviderPlan provider) {
    if (!tls.enabled()
        || tls.caCertificates() == null && tls.credential() == null && !tls.insecureSkipVerify()) {
      return "";
    }
    return tlsNames.computeIfAbsent(
        tls,
        t -> {
          String name = provider.host() + "-" + tlsNames.size();
          component.register(
              name, new TlsSettings(caPem(t), t.insecureSkipVerify(), clientCertificate(t)));
          return name;
        });
  }

  private static String caPem(Tls tls) {
    String ca = tls.caCertificates();
    if (ca == null || ca.contains("-----BEGIN")) {
      return ca;
    }
    try {
      return Files.readString(Path.of(ca));
    } catch (IOException e) {
      throw new UncheckedIOException("tls.caCertificates: cannot read " + ca, e);
    }
  }

  private Supplier<ClientCertificate> clientCertificate(Tls tls) {
    if (tls.credential() == null) {
      return null;
    }
    ObjectName secret = tls.credential();
    return () ->
        new ClientCertificate(
            needed(secret, "tls.crt"),
            needed(secret, "tls.key"),
            credentials.text(secret, "ca.crt"));
  }

  private String needed(ObjectName secret, String key) {
    String text = credentials.text(secret, key);
    if (text == null) {
      throw new IllegalStateException("Secret %s with key %s is missing".formatted(secret, key));
    }
    return text;
  }
}

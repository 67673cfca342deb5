package dev.caravan.resource.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Opens clients of API servers, with timeouts and retries that suit a watch that never ends. */
public final class Clusters {
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  private static final int REQUEST_TIMEOUT_MILLIS = 10_000;

  private Clusters() {}

  /**
   * @param kubeconfig empty: where this process runs, a pod's ServiceAccount or the user's own
   *     kubeconfig
   * @param silence how long a watch may be silent before it is taken for dead and begun anew; an
   *     API server sends a bookmark every minute
   * @throws IllegalArgumentException with a sentence, if the file cannot be used
   */
  public static KubernetesClient open(Optional<Path> kubeconfig, Vertx vertx, Duration silence) {
    Config config = kubeconfig.map(Clusters::read).orElseGet(() -> Config.autoConfigure(null));
    // fabric8 doubles this up to 32 times: a server that is back is seen within 4 s, and not by all
    // data planes in the same moment.
    config.setWatchReconnectInterval(ThreadLocalRandom.current().nextInt(60, 120));
    // Every request is repeated by whoever watches or writes; retries beneath would add up.
    config.setRequestRetryBackoffLimit(0);
    config.setConnectionTimeout(CONNECT_TIMEOUT_MILLIS);
    config.setRequestTimeout(REQUEST_TIMEOUT_MILLIS);
    config.setUserAgent("caravan");
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientFactory(new VertxHttpClientFactory(endingSilence(vertx, silence)))
        .build();
  }

  /**
   * Reads a kubeconfig.
   *
   * @throws IllegalArgumentException with a sentence, without a word of the file: it holds keys,
   *     and a parser's message would quote it
   */
  public static Config read(Path kubeconfig) {
    try {
      Config config = Config.fromKubeconfig(kubeconfig.toFile());
      keyAlgorithm(config).ifPresent(config::setClientKeyAlgo);
      return config;
    } catch (RuntimeException | IOException | CertificateException e) {
      throw new IllegalArgumentException(
          "%s cannot be read as a kubeconfig (%s)"
              .formatted(kubeconfig, e.getClass().getSimpleName()));
    }
  }

  /** fabric8 takes every PKCS #8 key for one of RSA; its certificate tells. */
  private static Optional<String> keyAlgorithm(Config config)
      throws IOException, CertificateException {
    byte[] pem;
    if (config.getClientCertData() != null) {
      pem = Base64.getMimeDecoder().decode(config.getClientCertData());
    } else if (config.getClientCertFile() != null) {
      pem = Files.readAllBytes(Path.of(config.getClientCertFile()));
    } else {
      return Optional.empty();
    }
    return Optional.of(
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem))
            .getPublicKey()
            .getAlgorithm());
  }

  /**
   * fabric8 7.4 has no option for the time that a connection may be silent, and nothing else tells
   * a watch whose peer has gone without a word; so the options are completed on their way to
   * Vert.x.
   */
  private static Vertx endingSilence(Vertx vertx, Duration silence) {
    return (Vertx)
        Proxy.newProxyInstance(
            Clusters.class.getClassLoader(),
            new Class<?>[] {Vertx.class},
            (proxy, method, arguments) -> {
              if (arguments != null && arguments[0] instanceof HttpClientOptions options) {
                options.setReadIdleTimeout((int) silence.toSeconds());
              }
              try {
                return method.invoke(vertx, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}

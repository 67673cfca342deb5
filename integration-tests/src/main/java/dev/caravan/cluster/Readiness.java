package dev.caravan.cluster;

import dev.caravan.emulator.CertificateAuthority;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;

/** Asks an API server's {@code /readyz}, which anyone may. */
record Readiness(int port, CertificateAuthority authority) {
  private static final Duration PAUSE = Duration.ofMillis(50);

  /**
   * Asks until the answer is yes.
   *
   * @param alive whether there is still something to wait for
   * @return whether it is ready
   */
  boolean await(Duration atMost, BooleanSupplier alive) {
    long deadline = System.nanoTime() + atMost.toNanos();
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust()).build()) {
      while (!ask(client)) {
        if (!alive.getAsBoolean() || System.nanoTime() > deadline) {
          return false;
        }
        Thread.sleep(PAUSE);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private boolean ask(HttpClient client) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/readyz"))
            .timeout(Duration.ofSeconds(5))
            .build();
    try {
      return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private SSLContext trust() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, authority.trustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}

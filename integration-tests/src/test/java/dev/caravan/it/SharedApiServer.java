package dev.caravan.it;

import dev.caravan.cluster.ApiServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * One API server with Caravan's CRDs for all test classes of the JVM, started when the first one
 * asks and stopped with the JVM. A test class keeps to a namespace of its own; one that kills the
 * server or changes what has no namespace starts an {@link ApiServer} itself.
 */
public final class SharedApiServer {
  private static final Path DEFINITIONS = Path.of("../crds");
  private static ApiServer server;

  private SharedApiServer() {}

  /**
   * To be called in a {@code @BeforeAll} or a test, not where a static field is initialized: the
   * tests are skipped, with a sentence, where there is no API server to be had.
   */
  public static synchronized ApiServer get() {
    if (server == null) {
      ApiServer.whyNotAvailable().ifPresent(Assumptions::abort);
      server = ApiServer.start();
      if (Files.isDirectory(DEFINITIONS)) {
        server.kubectl("apply", "-k", DEFINITIONS.toString()).orFail();
        server
            .kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
            .orFail();
      }
    }
    return server;
  }
}

package dev.caravan.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One way from the client to the provider.
 *
 * @param jsonPort where the client calls for a JSON answer
 * @param ssePort where it calls for a stream
 */
record Peer(Kind kind, int jsonPort, int ssePort) {
  private static final int PROXY_PORT = 15002;
  private static final int CARAVAN_PORT = 15001;
  private static final String HEAP = "-Xmx128m";

  /** The columns of the table. */
  enum Kind {
    DIRECT("direct, plain HTTP"),
    NGINX("nginx"),
    CARAVAN("Caravan"),
    BASELINE("Caravan, baseline");

    final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  static Peer of(Kind kind) {
    return switch (kind) {
      case DIRECT -> new Peer(kind, 9080, 9081);
      case NGINX -> new Peer(kind, PROXY_PORT, PROXY_PORT);
      case CARAVAN, BASELINE -> new Peer(kind, CARAVAN_PORT, CARAVAN_PORT);
    };
  }

  boolean isProxy() {
    return kind != Kind.DIRECT;
  }

  boolean isCaravan() {
    return kind == Kind.CARAVAN || kind == Kind.BASELINE;
  }

  String modelItAsksFor() {
    return isCaravan() ? "bench-model" : Bodies.CLIENT_MODEL;
  }

  Server start(Options options, Path log) {
    return switch (kind) {
      case DIRECT -> throw new IllegalStateException("nothing stands in the direct way");
      case NGINX -> Server.nginx(options, "proxy.conf", log);
      case CARAVAN ->
          Server.start(log, caravan(options, options.home().resolve("target/caravan-runner.jar")));
      case BASELINE -> Server.start(log, caravan(options, options.baseline()));
    };
  }

  private static List<String> caravan(Options options, Path jar) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(HEAP);
    command.addAll(options.javaFlags());
    String extra = System.getenv("BENCH_JAVA_OPTIONS");
    if (extra != null && !extra.isBlank()) {
      command.addAll(List.of(extra.trim().split("\\s+")));
    }
    command.addAll(List.of("-jar", jar.toString(), "run"));
    command.addAll(List.of("--port", Integer.toString(CARAVAN_PORT)));
    command.addAll(List.of("--resolve", Bodies.JSON_HOST + "=127.0.0.1:9443"));
    command.addAll(List.of("--resolve", Bodies.SSE_HOST + "=127.0.0.1:9444"));
    command.addAll(List.of("--ca", options.directory().resolve("ca.pem").toString()));
    command.add(options.home().resolve("bench/conf/providers.yaml").toString());
    return command;
  }
}

package dev.caravan.bench;

import dev.caravan.bench.Peer.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs each peer in turn, round by round, and writes the table. Started by bench/run, in a network
 * namespace of its own; exit 1 when the figures would mean nothing.
 */
public final class Bench {
  private final Options options;

  private Bench(Options options) {
    this.options = options;
  }

  public static void main(String[] args) throws IOException {
    Options options = Options.of(args);
    endAtLast(options.limitSeconds());
    try {
      new Bench(options).run();
    } catch (Failed e) {
      System.err.println("caravan: bench: " + e.getMessage());
      System.exit(1);
    }
    System.exit(0);
  }

  private static void endAtLast(long seconds) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(seconds);
              } catch (InterruptedException e) {
                throw new Failed("interrupted", e);
              }
              System.err.println("caravan: bench: not done after " + seconds + " s, given up");
              Runtime.getRuntime().halt(1);
            });
  }

  private void run() throws IOException {
    EventSource.start();
    Results results = new Results(options);
    try (Server standIn =
        Server.nginx(options, "stand-in.conf", options.directory().resolve("stand-in.log"))) {
      warmOwnDrivers();
      for (int round = 1; round <= options.rounds(); round++) {
        for (Kind kind : order(round)) {
          System.err.printf("round %d of %d: %s%n", round, options.rounds(), kind.title);
          Map<Figure, Double> figures = new Round(options, Peer.of(kind), standIn, round).measure();
          results.add(kind, figures);
        }
      }
    }
    String report = results.report();
    Files.createDirectories(options.output().getParent());
    Files.writeString(options.output(), report);
    System.out.println(report);
    System.out.println("written to " + options.output());
  }

  /** The direct call first, since what is added is told against it; who goes next alternates. */
  private List<Kind> order(int round) {
    List<Kind> proxies = new ArrayList<>(List.of(Kind.NGINX, Kind.CARAVAN));
    if (options.baseline() != null) {
      proxies.add(Kind.BASELINE);
    }
    if (round % 2 == 0) {
      proxies = proxies.reversed();
    }
    List<Kind> order = new ArrayList<>();
    if (options.json() || options.sse()) {
      order.add(Kind.DIRECT);
    }
    order.addAll(proxies);
    return order;
  }

  /** The drivers are a JVM too: the first peer must not pay for their compilation. */
  private void warmOwnDrivers() {
    int seconds = Math.min(5, options.warmup());
    if (options.json() && seconds > 0) {
      FixedRate.run(Peer.of(Kind.DIRECT).jsonPort(), seconds);
    }
    if (options.sse() && seconds > 0) {
      Streams.run(Peer.of(Kind.DIRECT).ssePort(), seconds);
    }
  }
}

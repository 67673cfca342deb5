package dev.caravan.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One peer in one round: started, warmed, measured, stopped. */
final class Round {
  private static final int START_LIMIT_SECONDS = 60;
  private static final int IDLE_MILLIS = 2_000;

  /** What has no JIT compiler needs its connections opened, no more. */
  private static final int SHORT_WARMUP_SECONDS = 2;

  private static final int WARMUP_RUN_SECONDS = 4;

  private final Options options;
  private final Peer peer;
  private final Server standIn;
  private final Wrk wrk;
  private final Path log;
  private final Map<Figure, Double> figures = new EnumMap<>(Figure.class);
  private Server server;
  private double otherLoad;
  private long requests;

  Round(Options options, Peer peer, Server standIn, int number) {
    this.options = options;
    this.peer = peer;
    this.standIn = standIn;
    this.wrk = new Wrk(options.home().resolve("bench/conf/wrk.lua"));
    this.log =
        options.directory().resolve(peer.kind().name().toLowerCase() + "-" + number + ".log");
  }

  Map<Figure, Double> measure() {
    if (!peer.isProxy()) {
      load();
      return figures;
    }
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new Failed("cannot remove the log of an earlier run: " + e.getMessage(), e);
    }
    long exec = System.nanoTime();
    try (Server started = peer.start(options, log)) {
      server = started;
      awaitFirstAnswer(exec);
      pause(IDLE_MILLIS);
      figures.put(Figure.RSS_IDLE, Usage.rssMegabytes(server.pids()));
      mustRewrite();
      load();
      if (options.json() || options.sse()) {
        figures.put(Figure.RSS_LOADED, Usage.rssMegabytes(server.pids()));
      }
      server.close();
      figures.put(Figure.UNLOGGED, unlogged());
    } catch (Failed e) {
      throw new Failed(peer.kind().title + ": " + e.getMessage() + " (its log is " + log + ")", e);
    }
    return figures;
  }

  private void load() {
    if (options.json()) {
      json();
    }
    if (options.sse()) {
      sse();
    }
    if (options.json() || options.sse()) {
      figures.put(Figure.OTHER_LOAD, otherLoad);
    }
  }

  private void json() {
    Path small = file("small.json", Bodies.SMALL);
    Path large = file("large.json", Bodies.LARGE);
    warmUp(List.of(small, large));
    closedLoop(small, Figure.SMALL_RATE, Figure.SMALL_P50, Figure.SMALL_P99, Figure.SMALL_CPU);
    closedLoop(large, Figure.LARGE_RATE, Figure.LARGE_P50, Figure.LARGE_P99, Figure.LARGE_CPU);
    Measured<Samples> fixed = watched(() -> FixedRate.run(peer.jsonPort(), options.seconds()));
    requests += fixed.result.count();
    figures.put(Figure.FIXED_P50, fixed.result.percentileMillis(50));
    figures.put(Figure.FIXED_P99, fixed.result.percentileMillis(99));
    putCpu(Figure.FIXED_CPU, fixed.cpuSeconds * 1_000 / fixed.result.count());
  }

  private void closedLoop(Path body, Figure rate, Figure p50, Figure p99, Figure cpu) {
    Measured<Wrk.Result> m = watched(() -> wrk.run(peer.jsonPort(), body, options.seconds()));
    requests += m.result.requests();
    figures.put(rate, m.result.perSecond());
    figures.put(p50, m.result.p50());
    figures.put(p99, m.result.p99());
    putCpu(cpu, m.cpuSeconds * 1_000 / m.result.requests());
  }

  private void sse() {
    int warmup = warmup(2);
    if (warmup > 0) {
      Streams.run(peer.ssePort(), warmup);
    }
    Measured<Streams.Result> m = watched(() -> Streams.run(peer.ssePort(), options.seconds()));
    figures.put(Figure.TTFT_P50, m.result.firstToken().percentileMillis(50));
    figures.put(Figure.TTFT_P99, m.result.firstToken().percentileMillis(99));
    figures.put(Figure.DELAY_P50, m.result.delay().percentileMillis(50));
    figures.put(Figure.DELAY_P99, m.result.delay().percentileMillis(99));
    putCpu(Figure.EVENT_CPU, m.cpuSeconds * 1e6 / m.result.events());
  }

  /**
   * Several short runs: connections that open and close, and bodies of both sizes, have code
   * compiled anew that one long run would leave for the measurement.
   */
  private void warmUp(List<Path> bodies) {
    int left = warmup(1);
    for (int i = 0; left > 0; i++) {
      int seconds = Math.min(WARMUP_RUN_SECONDS, left);
      left -= seconds;
      requests += wrk.run(peer.jsonPort(), bodies.get(i % bodies.size()), seconds).requests();
    }
    if (warmup(1) > 0) {
      requests += FixedRate.run(peer.jsonPort(), 1).count();
    }
  }

  private int warmup(int share) {
    int full = options.warmup() / share;
    return peer.isCaravan() ? full : Math.min(full, SHORT_WARMUP_SECONDS);
  }

  private void putCpu(Figure figure, double value) {
    if (peer.isProxy()) {
      figures.put(figure, value);
    }
  }

  /** Percent; the log shows a few more than the drivers waited for. */
  private double unlogged() {
    try (Stream<String> lines = Files.lines(log)) {
      long logged = lines.filter(line -> line.contains("/v1/chat/completions")).count();
      return requests == 0 ? 0 : Math.max(0, 100.0 * (requests - logged) / requests);
    } catch (IOException e) {
      throw new Failed("cannot read its access log: " + e.getMessage(), e);
    }
  }

  // ---- start ----

  private void awaitFirstAnswer(long exec) {
    byte[] request = Connection.chatRequest(Bodies.JSON_HOST, Bodies.SMALL);
    long limit = exec + TimeUnit.SECONDS.toNanos(START_LIMIT_SECONDS);
    String last = "no connection";
    while (System.nanoTime() < limit) {
      if (!server.alive()) {
        throw new Failed("it ended at once");
      }
      long asked = System.nanoTime();
      try (Connection connection = new Connection(peer.jsonPort())) {
        connection.send(request);
        connection.answer().readAllBytes();
        figures.put(Figure.START, (System.nanoTime() - exec) / 1e9);
        figures.put(Figure.START_CPU, Usage.cpuSeconds(server.pids()));
        figures.put(Figure.FIRST_REQUEST, (System.nanoTime() - asked) / 1e6);
        return;
      } catch (IOException e) {
        last = e.getMessage();
        if (last.contains("HTTP/1.1 4")) {
          throw new Failed("it refuses what it should serve: " + last);
        }
        pause(2);
      }
    }
    throw new Failed("no answer within " + START_LIMIT_SECONDS + " s of its start: " + last);
  }

  /**
   * A proxy that leaves the body alone, or changes it where it should not, is not the one meant.
   */
  private void mustRewrite() {
    String seen = Streams.modelSeen(peer.ssePort());
    if (!seen.equals(peer.modelItAsksFor())) {
      throw new Failed("the provider was asked for the model \"" + seen + "\"");
    }
  }

  // ---- what it costs ----

  private record Measured<T>(T result, double cpuSeconds) {}

  private <T> Measured<T> watched(Supplier<T> phase) {
    List<Long> measured = server == null ? List.of() : server.pids();
    List<Long> known = new ArrayList<>(measured);
    known.addAll(standIn.pids());
    double before = Usage.cpuSeconds(measured);
    double knownBefore = Usage.cpuSeconds(known) + Usage.ownCpuSeconds();
    double machineBefore = Usage.machineCpuSeconds();
    long begun = System.nanoTime();
    T result = phase.get();
    double elapsed = (System.nanoTime() - begun) / 1e9;
    double machine = Usage.machineCpuSeconds() - machineBefore;
    double used = Usage.cpuSeconds(known) + Usage.ownCpuSeconds() - knownBefore;
    otherLoad = Math.max(otherLoad, Math.max(0, machine - used) / elapsed);
    return new Measured<>(result, Usage.cpuSeconds(measured) - before);
  }

  private Path file(String name, String content) {
    try {
      return Files.writeString(options.directory().resolve(name), content);
    } catch (IOException e) {
      throw new Failed("cannot write a request body: " + e.getMessage(), e);
    }
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new Failed("interrupted", e);
    }
  }
}

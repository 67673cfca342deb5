package dev.caravan.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** wrk's closed loop over 32 connections. */
final class Wrk {
  private static final int CONNECTIONS = 32;

  /** Latencies in milliseconds. */
  record Result(long requests, double perSecond, double p50, double p99) {}

  private final Path script;

  Wrk(Path script) {
    this.script = script;
  }

  Result run(int port, Path body, int seconds) {
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of(
                    "wrk",
                    "-t1",
                    "-c" + CONNECTIONS,
                    "-d" + seconds + "s",
                    "-H",
                    "Host: " + Bodies.JSON_HOST,
                    "-s",
                    script.toString(),
                    "http://127.0.0.1:" + port + "/v1/chat/completions"))
            .redirectErrorStream(true);
    builder.environment().put("BENCH_BODY", body.toString());
    String output;
    try {
      Process wrk = builder.start();
      output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      wrk.waitFor();
    } catch (IOException | InterruptedException e) {
      throw new Failed("wrk cannot be run: " + e.getMessage(), e);
    }
    String[] fields =
        output
            .lines()
            .filter(line -> line.startsWith("BENCH "))
            .findFirst()
            .orElseThrow(() -> new Failed("wrk said: " + output))
            .split(" ");
    long requests = Long.parseLong(fields[1]);
    long statusErrors = Long.parseLong(fields[5]);
    long socketErrors = Long.parseLong(fields[6]);
    if (requests == 0 || statusErrors > 0 || socketErrors > 0) {
      throw new Failed(
          "of %d requests %d were answered with an error and %d had none on their connection"
              .formatted(requests, statusErrors, socketErrors));
    }
    double elapsed = Long.parseLong(fields[2]) / 1e6;
    return new Result(
        requests,
        requests / elapsed,
        Long.parseLong(fields[3]) / 1e3,
        Long.parseLong(fields[4]) / 1e3);
  }
}

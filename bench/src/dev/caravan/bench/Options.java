package dev.caravan.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * What bench/run hands over, checked by it.
 *
 * @param home the checkout
 * @param directory for configuration, logs and whatever else a run leaves
 * @param output where the table goes
 * @param seconds of each measurement
 * @param warmup seconds of load before a JVM is measured
 * @param baseline another build's caravan-runner.jar; null = none
 * @param javaFlags the launcher's
 */
record Options(
    Path home,
    Path directory,
    Path output,
    int rounds,
    int seconds,
    int warmup,
    Only only,
    Path baseline,
    List<String> javaFlags) {

  /** The part that is measured. */
  enum Only {
    ALL,
    JSON,
    SSE,
    START
  }

  static Options of(String[] args) {
    return new Options(
        Path.of(args[0]),
        Path.of(args[1]),
        Path.of(args[2]),
        Integer.parseInt(args[3]),
        Integer.parseInt(args[4]),
        Integer.parseInt(args[5]),
        Only.valueOf(args[6].toUpperCase(java.util.Locale.ROOT)),
        args[7].isEmpty() ? null : Path.of(args[7]),
        List.of(args[8].split(" ")));
  }

  boolean json() {
    return only == Only.ALL || only == Only.JSON;
  }

  boolean sse() {
    return only == Only.ALL || only == Only.SSE;
  }

  /** Seconds after which something must have got stuck. */
  long limitSeconds() {
    int peers = baseline == null ? 3 : 4;
    return 60L + (long) rounds * peers * (40 + 2L * warmup + 5L * seconds);
  }
}

package dev.caravan.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A process in the background that does not outlive this JVM, however the JVM ends. */
final class Daemon {
  private static final int LOG_TAIL = 20;

  private final Process process;
  // Reads from a pipe that this JVM holds open, and so learns of its end, even by SIGKILL.
  private final Process watcher;
  private final Path log;

  private Daemon(Process process, Process watcher, Path log) {
    this.process = process;
    this.watcher = watcher;
    this.log = log;
  }

  static Daemon start(Path log, List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      process.getOutputStream().close();
      Process watcher =
          new ProcessBuilder("sh", "-c", "read -r line; kill -KILL " + process.pid()).start();
      return new Daemon(process, watcher, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; returns when the process is gone. */
  void kill() {
    try {
      watcher.destroyForcibly().waitFor();
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Resident memory in bytes. */
  long rssBytes() {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Time on a CPU so far, in user and kernel mode, to a hundredth of a second. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /** The last lines that it printed. */
  String logTail() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

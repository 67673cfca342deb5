package dev.caravan.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that serves, its output in a file. */
final class Server implements AutoCloseable {
  private static final int STOP_SECONDS = 10;

  private final Process process;

  private Server(Process process) {
    this.process = process;
  }

  static Server start(Path log, List<String> command) {
    File output = log.toFile();
    try {
      return new Server(
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start());
    } catch (IOException e) {
      throw new Failed("cannot start " + command.getFirst() + ": " + e.getMessage(), e);
    }
  }

  /** An nginx with a configuration of conf/, whose {@code @NAMES@} are filled in. */
  static Server nginx(Options options, String configuration, Path log) {
    try {
      Path filled = options.directory().resolve(configuration);
      String text = Files.readString(options.home().resolve("bench/conf").resolve(configuration));
      Files.writeString(
          filled,
          text.replace("@DIR@", options.directory().toString()).replace("@LOG@", log.toString()));
      Path own = options.directory().resolve(configuration.replace(".conf", "-nginx.log"));
      return start(own, List.of("nginx", "-e", own.toString(), "-c", filled.toString()));
    } catch (IOException e) {
      throw new Failed("cannot write the configuration of nginx: " + e.getMessage(), e);
    }
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Itself and its workers. */
  List<Long> pids() {
    return Usage.tree(process.toHandle());
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      throw new Failed("interrupted", e);
    }
  }
}

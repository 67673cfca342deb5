package dev.caravan.it;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged application with a command line of the test's own, for what it does to its end. */
final class JavaApplication implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Process process;
  private final Path output;

  private JavaApplication(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  static JavaApplication start(Map<String, String> environment, String... arguments) {
    try {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC"));
      command.addAll(
          List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
      command.add("-jar");
      command.add(System.getProperty("caravan.jar", "../target/caravan-runner.jar"));
      command.addAll(List.of(arguments));
      Path output = Files.createTempFile("caravan-it", ".log");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
      return new JavaApplication(builder.start(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Standard output and error so far. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JavaApplication awaitOutput(String text) {
    await().atMost(PATIENCE).until(() -> output().contains(text) || !process.isAlive());
    if (!output().contains(text)) {
      throw new AssertionError("ended without \"" + text + "\": " + output());
    }
    return this;
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits for the end; the exit code. */
  int awaitExit() {
    return awaitExit(PATIENCE);
  }

  int awaitExit(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("still alive after " + atMost + ": " + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    awaitExit();
    Files.delete(output);
  }
}

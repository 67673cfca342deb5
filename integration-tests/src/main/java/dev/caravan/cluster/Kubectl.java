package dev.caravan.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs kubectl. */
record Kubectl(Path binary, Path cache) {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * @throws IllegalStateException if it does not end within a minute
   */
  Result run(Path kubeconfig, String input, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(binary.toString());
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("KUBECACHEDIR", cache.toString());
    try {
      Process process = builder.start();
      CompletableFuture<String> out =
          CompletableFuture.supplyAsync(() -> read(process, false), Thread::startVirtualThread);
      CompletableFuture<String> err =
          CompletableFuture.supplyAsync(() -> read(process, true), Thread::startVirtualThread);
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It ended without reading all of it; its exit code tells why.
      }
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("kubectl still runs: " + command);
      }
      return new Result(process.exitValue(), out.join(), err.join());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String read(Process process, boolean error) {
    try (var stream = error ? process.getErrorStream() : process.getInputStream()) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

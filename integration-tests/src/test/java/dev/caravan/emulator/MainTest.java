package dev.caravan.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.it.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  @Test
  void saysWhereItListensOnceItDoes(@TempDir Path directory) throws Exception {
    Path ca = directory.resolve("ca.pem");
    Process process = start("--plain", "--ca", ca.toString(), "--admin-port", "0");
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();

      Matcher ready =
          Pattern.compile(
                  "emulator ready on http://127\\.0\\.0\\.1:(\\d+), admin on http://127.0.0.1:\\d+")
              .matcher(line);
      assertThat(ready.matches()).as(line).isTrue();
      assertThat(ca).content().startsWith("-----BEGIN CERTIFICATE-----");
      try (RawClient client = RawClient.connect(Integer.parseInt(ready.group(1)))) {
        client.post("a.test", "{\"messages\":[]}");
        assertThat(client.readHead().status()).isEqualTo(200);
      }
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void refusesAnOptionItDoesNotKnow() throws Exception {
    Process process = start("--prot", "1");
    try (BufferedReader err = process.errorReader()) {
      assertThat(err.readLine()).isEqualTo("unknown option --prot");
      assertThat(process.waitFor()).isEqualTo(2);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.caravan.emulator.Main"));
    command.addAll(List.of(options));
    return new ProcessBuilder(command).start();
  }
}

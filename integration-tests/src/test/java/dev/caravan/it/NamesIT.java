package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.emulator.CertificateAuthority;
import dev.caravan.emulator.Emulator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Providers by their names in DNS, and names that move: case C6 of cases.md. */
@EnabledIf(
    value = "mayChooseNameServers",
    disabledReason = "only root may give a process a resolv.conf of its own")
class NamesIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String NAME_SERVER = "127.0.0.77";
  private static final CertificateAuthority AUTHORITY = new CertificateAuthority();
  private static final Emulator PROVIDER =
      Emulator.builder().authority(AUTHORITY).addresses("127.0.0.1", "127.0.0.2").start();

  /** Another machine, on the same port. */
  private static final Emulator OLD =
      Emulator.builder().authority(AUTHORITY).addresses("127.0.0.3").port(PROVIDER.port()).start();

  private static final Path RESOLV_CONF = resolvConf();
  private static NameServer names;

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .manifest("two.yaml", named("two.test"))
          .manifest("moving.yaml", named("moving.test"))
          .manifest("dying.yaml", named("dying.test"))
          .manifest("unborn.yaml", named("unborn.test"))
          .within(
              "unshare",
              "--mount",
              "sh",
              "-c",
              "mount --bind " + RESOLV_CONF + " /etc/resolv.conf && exec \"$@\"",
              "sh")
          .build();

  @BeforeAll
  static void startNameServer() throws IOException {
    names = NameServer.start(NAME_SERVER);
  }

  @AfterAll
  static void stop() throws IOException {
    names.close();
    OLD.close();
    Files.delete(RESOLV_CONF);
  }

  @Test
  void ofANameWithTwoAddressesTheSecondIsTriedWhereTheFirstRefuses() {
    names.answer("two.test", 60, "127.0.0.9", "127.0.0.1");

    for (int i = 0; i < 4; i++) {
      assertThat(CARAVAN.post("two.test", ASK).statusCode()).isEqualTo(200);
    }
    assertThat(PROVIDER.requests())
        .hasSize(4)
        .allMatch(request -> request.arrival().address().equals("127.0.0.1"));
  }

  @Test
  void aNameThatMovesIsFollowedWithinItsTimeToLive() {
    names.answer("moving.test", 1, "127.0.0.1");
    assertThat(addressCalled("moving.test")).isEqualTo("127.0.0.1");

    // The connections to the old one are kept and would do.
    names.answer("moving.test", 1, "127.0.0.2");

    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> addressCalled("moving.test").equals("127.0.0.2"));
    for (int i = 0; i < 4; i++) {
      assertThat(addressCalled("moving.test")).isEqualTo("127.0.0.2");
    }
  }

  @Test
  void aClientDoesNotNoticeThatAKnownAddressHasGoneWhereTheNameHasAnother() {
    names.answer("dying.test", 300, "127.0.0.3");
    for (int i = 0; i < 4; i++) {
      assertThat(CARAVAN.post("dying.test", ASK).statusCode()).isEqualTo(200);
    }
    assertThat(OLD.calls("dying.test")).isEqualTo(4);

    names.answer("dying.test", 300, "127.0.0.1");
    OLD.close();

    for (int i = 0; i < 4; i++) {
      assertThat(addressCalled("dying.test")).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void aNameThatDoesNotExistIsABadGatewayUntilItDoes() {
    HttpResponse<String> answer = CARAVAN.post("unborn.test", ASK);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
    assertThat(answer.body()).contains("\"connect_failed\"", "unborn.test");

    names.answer("unborn.test", 60, "127.0.0.1");

    await().until(() -> CARAVAN.post("unborn.test", ASK).statusCode() == 200);
  }

  private static String addressCalled(String host) {
    HttpResponse<String> answer = CARAVAN.post(host, ASK);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return PROVIDER.requests().getLast().arrival().address();
  }

  private static String named(String host) {
    return provider(host).with("port: " + PROVIDER.port()).yaml();
  }

  private static Path resolvConf() {
    try {
      Path file = Files.createTempFile("caravan-resolv", ".conf");
      return Files.writeString(file, "nameserver " + NAME_SERVER + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For JUnit. */
  static boolean mayChooseNameServers() throws InterruptedException {
    try {
      NameServer.start(NAME_SERVER).close();
      return new ProcessBuilder("unshare", "--mount", "true").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}

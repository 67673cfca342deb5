package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.CertificateAuthority;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Presented;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Providers that cannot be reached or trusted. */
class UpstreamTlsIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final CertificateAuthority AUTHORITY = new CertificateAuthority();
  private static final Emulator PROVIDER = Emulator.builder().authority(AUTHORITY).start();
  private static final Emulator EXPIRED = presenting(Presented.EXPIRED);
  private static final Emulator WRONG_NAME = presenting(Presented.WRONG_NAME);
  private static final Emulator SELF_SIGNED = presenting(Presented.SELF_SIGNED);
  private static final Emulator STRANGER = Emulator.start();
  private static final Emulator PLAIN = Emulator.builder().plain().start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(provider("good.test"))
          .servingFrom(EXPIRED.address(), provider("expired.test").key("sk-CANARY-t"))
          .servingFrom(WRONG_NAME.address(), provider("wrong-name.test").key("sk-CANARY-t"))
          .servingFrom(SELF_SIGNED.address(), provider("self-signed.test").key("sk-CANARY-t"))
          .servingFrom(STRANGER.address(), provider("stranger.test").key("sk-CANARY-t"))
          .servingFrom(PLAIN.address(), provider("no-tls.test").key("sk-CANARY-t"))
          .servingFrom(PLAIN.address(), provider("plain.test").with("tls: {mode: DISABLE}"))
          .servingFrom(
              EXPIRED.address(), provider("trusting.test").with("tls: {insecureSkipVerify: true}"))
          .servingFrom("127.0.0.1:1", provider("refused.test").key("sk-CANARY-t"))
          .build();

  @AfterAll
  static void stop() {
    for (Emulator each : new Emulator[] {EXPIRED, WRONG_NAME, SELF_SIGNED, STRANGER, PLAIN}) {
      each.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "expired.test",
        "wrong-name.test",
        "self-signed.test",
        "stranger.test",
        "no-tls.test",
        "refused.test"
      })
  void aProviderThatCannotBeReachedOrTrustedIsABadGatewayAndGetsNoKey(String host) {
    HttpResponse<String> answer = CARAVAN.post(host, ASK);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
    assertThat(answer.body())
        .contains("\"error\"", "\"type\":\"caravan\"")
        .doesNotContain("CANARY", "Exception");
    for (Emulator each : new Emulator[] {EXPIRED, WRONG_NAME, SELF_SIGNED, STRANGER, PLAIN}) {
      assertThat(each.calls(host)).isZero();
    }
    assertThat(CARAVAN.post("good.test", ASK).statusCode()).isEqualTo(200);
  }

  @Test
  void aProviderWithoutTlsIsCalledInPlainHttp() {
    assertThat(CARAVAN.post("plain.test", ASK).statusCode()).isEqualTo(200);
    assertThat(PLAIN.requests().getLast().arrival().tls()).isEqualTo("plain");
  }

  @Test
  void verificationEndsOnlyWhereTheManifestSaysSo() {
    assertThat(CARAVAN.post("trusting.test", ASK).statusCode()).isEqualTo(200);
    assertThat(EXPIRED.requests().getLast().arrival().sni()).isEqualTo("trusting.test");
  }

  private static Emulator presenting(Presented kind) {
    return Emulator.builder().authority(AUTHORITY).presenting(kind).start();
  }
}

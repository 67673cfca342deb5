package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
  private static final Emulator MUTUAL =
      Emulator.builder().authority(AUTHORITY).demandingClientCertificate().start();

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
          .servingFrom(MUTUAL.address(), provider("mutual.test").with(mutual("client-cert")))
          .servingFrom(MUTUAL.address(), provider("no-cert.test").with(mutual("nowhere")))
          .servingFrom(MUTUAL.address(), provider("anonymous.test"))
          .manifest("client-cert.yaml", clientCertificate("first"))
          .servingFrom(
              STRANGER.address(),
              provider("inline-ca.test").with(caCertificates(STRANGER.authority())))
          .servingFrom(
              PROVIDER.address(),
              provider("other-ca.test").with(caCertificates(STRANGER.authority())))
          .servingFrom(PROVIDER.address(), provider("sni.test").with("tls: {sni: other-name.test}"))
          .servingFrom(
              WRONG_NAME.address(),
              provider("sni-wrong.test").with("tls: {sni: wrong-name.invalid}"))
          .tolerating("nowhere")
          .build();

  @AfterAll
  static void stop() {
    for (Emulator each : all()) {
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
    for (Emulator each : all()) {
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

  @Test
  void aClientCertificateComesFromItsSecretAndIsRotatedWithIt() {
    assertThat(CARAVAN.post("mutual.test", ASK).statusCode()).isEqualTo(200);
    assertThat(MUTUAL.requests().getLast().arrival().client()).isEqualTo("CN=first");

    CARAVAN.write("client-cert.yaml", clientCertificate("second"));

    await()
        .until(
            () -> {
              assertThat(CARAVAN.post("mutual.test", ASK).statusCode()).isEqualTo(200);
              return MUTUAL.requests().getLast().arrival().client().equals("CN=second");
            });
  }

  @Test
  void withoutItsSecretAMutualProviderCannotBeCalledAndTheAnswerSaysWhy() {
    HttpResponse<String> answer = CARAVAN.post("no-cert.test", ASK);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
    assertThat(answer.body()).contains("\"tls_failed\"", "default/nowhere", "tls.crt");
  }

  @Test
  void aProviderThatWantsACertificateAndGetsNoneIsABadGateway() {
    assertThat(CARAVAN.post("anonymous.test", ASK).statusCode()).isEqualTo(502);
  }

  @Test
  void theProvidersOwnAuthoritiesAreTrustedInPlaceOfTheOthers() {
    assertThat(CARAVAN.post("inline-ca.test", ASK).statusCode()).isEqualTo(200);
    assertThat(CARAVAN.post("other-ca.test", ASK).statusCode()).isEqualTo(502);
  }

  @Test
  void aConfiguredServerNameIsAskedForAndVerifiedAndTheHostStays() {
    assertThat(CARAVAN.post("sni.test", ASK).statusCode()).isEqualTo(200);
    assertThat(PROVIDER.requests().getLast().arrival().sni()).isEqualTo("other-name.test");
    assertThat(PROVIDER.requests().getLast().headerValues("host")).containsExactly("sni.test");

    assertThat(CARAVAN.post("sni-wrong.test", ASK).statusCode()).isEqualTo(200);
  }

  private static Emulator[] all() {
    return new Emulator[] {EXPIRED, WRONG_NAME, SELF_SIGNED, STRANGER, PLAIN, MUTUAL};
  }

  private static String mutual(String secret) {
    return "tls: {mode: MUTUAL, credentialName: " + secret + "}";
  }

  private static String caCertificates(CertificateAuthority authority) {
    return "tls: {caCertificates: \"" + authority.caPem().replace("\n", "\\n") + "\"}";
  }

  private static String clientCertificate(String name) {
    CertificateAuthority.Credential client = AUTHORITY.issueClient(name);
    return """
        apiVersion: v1
        kind: Secret
        type: kubernetes.io/tls
        metadata:
          name: client-cert
        stringData:
          tls.crt: |
        %s
          tls.key: |
        %s
        """
        .formatted(client.certificatePem().indent(4), client.keyPem().indent(4));
  }

  private static Emulator presenting(Presented kind) {
    return Emulator.builder().authority(AUTHORITY).presenting(kind).start();
  }
}

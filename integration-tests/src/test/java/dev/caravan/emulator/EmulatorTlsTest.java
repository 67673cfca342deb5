package dev.caravan.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.emulator.CertificateAuthority.Credential;
import dev.caravan.it.RawClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmulatorTlsTest {
  private static final String GET = "GET /echo HTTP/1.1\r\nHost: a.test\r\n\r\n";

  @ParameterizedTest
  @ValueSource(strings = {"a.test", "dashscope.aliyuncs.com", "localhost", "127.0.0.1"})
  void showsACertificateForTheNameThatTheClientAsksFor(String name) throws Exception {
    try (Emulator provider = Emulator.start();
        RawClient client =
            RawClient.connectTls(provider.port(), name, provider.authority()).send(GET)) {
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(provider.awaitRequest(Match.any()).arrival())
          .returns(name.equals("127.0.0.1") ? "" : name, ReceivedRequest.Arrival::sni)
          .returns("TLSv1.3", ReceivedRequest.Arrival::tls);
    }
  }

  @Test
  void isNotTrustedByWhoeverTrustsAnotherAuthority() {
    try (Emulator provider = Emulator.start()) {
      assertThatThrownBy(
              () -> RawClient.connectTls(provider.port(), "a.test", new CertificateAuthority()))
          .isInstanceOf(SSLException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(value = Presented.class, names = "VALID", mode = EnumSource.Mode.EXCLUDE)
  void presentsABadCertificateThatAVerifyingClientRefuses(Presented bad) {
    try (Emulator provider = Emulator.builder().presenting(bad).start()) {
      assertThatThrownBy(
              () -> RawClient.connectTls(provider.port(), "a.test", provider.authority()))
          .isInstanceOf(SSLException.class);
      assertThat(provider.requests()).isEmpty();
    }
  }

  @Test
  void hangsUpAtOnceOnATlsClientAtAPlainPort() {
    try (Emulator plain = Emulator.builder().plain().start()) {
      assertThatThrownBy(() -> RawClient.connectTls(plain.port(), "a.test", plain.authority()))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
      await().until(() -> plain.failures().stream().anyMatch(each -> each.contains("not HTTP")));
    }
  }

  @Test
  void demandsAClientCertificateAndTellsWhose() throws Exception {
    try (Emulator provider = Emulator.builder().demandingClientCertificate().start()) {
      KeyManager client = keyManager(provider.authority().issueClient("caravan.test"));
      try (RawClient connection =
          RawClient.connectTls(provider.port(), "a.test", provider.authority(), client).send(GET)) {
        assertThat(connection.readHead().status()).isEqualTo(200);
      }
      assertThat(provider.requests().getFirst().arrival().client()).isEqualTo("CN=caravan.test");

      assertThatThrownBy(
              () -> {
                try (RawClient anonymous =
                    RawClient.connectTls(provider.port(), "a.test", provider.authority())) {
                  anonymous.send(GET).readHead();
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void writesItsAuthorityAsPem(@TempDir Path directory) throws Exception {
    try (Emulator provider = Emulator.start()) {
      Path file = directory.resolve("ca.pem");
      provider.writeCa(file);

      X509Certificate read =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));

      assertThat(read).isEqualTo(provider.authority().certificate());
      assertThat(read.getBasicConstraints()).isNotNegative();
    }
  }

  private static KeyManager keyManager(Credential credential) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setKeyEntry(
        "client", credential.key(), new char[0], new X509Certificate[] {credential.certificate()});
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers()[0];
  }
}

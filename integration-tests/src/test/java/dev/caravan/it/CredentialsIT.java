package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where keys come from, and that they go to the provider and nowhere else: case C8 of cases.md. */
class CredentialsIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String SECRET = "spelled.test";
  private static final String INLINE = "inline.test";
  private static final String KEY = "sk-CANARY-i+/=";
  private static final String WRONG = "Incorrect API key provided: " + KEY + ".";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .manifest("spelled.yaml", secret("spelled", "sk-CANARY-0"))
          .manifest("rotated.yaml", secret("rotated", "sk-CANARY-old"))
          .serving(
              provider(SECRET).keyFrom("spelled", "key"),
              provider("rotated.test").keyFrom("rotated", "key"),
              provider("no-secret.test").keyFrom("nowhere", "key"),
              provider("no-key.test").keyFrom("spelled", "other"),
              provider(INLINE).key(KEY))
          .servingFrom("127.0.0.1:1", provider("refused.test").key(KEY))
          .tolerating("SecretNotFound|does not exist|has no key|holds the byte|is empty")
          .build();

  /** After every test: its failures are those that show keys elsewhere. */
  @AfterEach
  void noKeyIsEverShown() {
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("CANARY"));
    for (String path : List.of("/q/metrics", "/q/health", "/caravan/config")) {
      assertThat(CARAVAN.management(path).body()).doesNotContain("CANARY");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sk-CANARY-1\\n | sk-CANARY-1",
        "sk-CANARY-2\\r\\n | sk-CANARY-2",
        "\\n\\r  sk-CANARY-3 \\n | sk-CANARY-3",
        "Bearer sk-CANARY-4 | sk-CANARY-4",
        "bearer  sk-CANARY-5\\n | sk-CANARY-5",
        "CANARY+/6== | CANARY+/6==",
        "!\"#$%&'()*,CANARY:;<>?@[]^_`{}~7 | !\"#$%&'()*,CANARY:;<>?@[]^_`{}~7"
      })
  void everySpellingOfAKeyGoesUpAsOneBearerToken(String written, String sent) {
    CARAVAN.write("spelled.yaml", secret("spelled", unescaped(written)));
    String fingerprint = ReceivedRequest.fingerprint(sent);

    await()
        .until(
            () -> {
              CARAVAN.post(SECRET, ASK);
              return PROVIDER.requests().getLast().keyFingerprint().equals(fingerprint);
            });
    assertThat(PROVIDER.requests().getLast().headerValues("authorization"))
        .containsExactly("Bearer " + sent);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\\n",
        "Bearer ",
        "sk-CANARY-a\\nX-Evil: 1",
        "sk-CANARY-b\\u0001",
        "sk-CANARY-c\\u0000d",
        "sk-CANARY-\\u00e9",
        "sk CANARY e"
      })
  void aValueThatNoHeaderCanCarryIsAnErrorThatNamesSecretAndKeyAndGoesNowhere(String written) {
    CARAVAN.write("spelled.yaml", secret("spelled", unescaped(written)));

    HttpResponse<String> answer =
        await().until(() -> CARAVAN.post(SECRET, ASK), response -> response.statusCode() != 200);
    assertNoCredential(answer, "default/spelled", "key");
    assertThat(PROVIDER.requests())
        .allMatch(request -> request.header("x-evil").isEmpty())
        .noneMatch(request -> request.headerValues("authorization").isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"no-secret.test, default/nowhere", "no-key.test, default/spelled"})
  void aMissingSecretOrKeyIsAnErrorThatNamesIt(String host, String secret) {
    assertNoCredential(CARAVAN.post(host, ASK), secret, "key");
    assertThat(PROVIDER.calls(host)).isZero();
  }

  @Test
  void aSecretThatComesLaterIsUsed() {
    assertThat(CARAVAN.post("no-secret.test", ASK).statusCode()).isEqualTo(503);

    CARAVAN.write("later.yaml", secret("nowhere", "sk-CANARY-later"));
    await().until(() -> CARAVAN.post("no-secret.test", ASK).statusCode() == 200);

    CARAVAN.delete("later.yaml");
    await().until(() -> CARAVAN.post("no-secret.test", ASK).statusCode() == 503);
  }

  @Test
  void aRotatedKeyIsUsedWithinASecondAndSwapsNoRoute() {
    CARAVAN.post("rotated.test", ASK);
    int connection = PROVIDER.requests().getFirst().connection();

    CARAVAN.write("rotated.yaml", secret("rotated", "sk-CANARY-new"));

    String fresh = ReceivedRequest.fingerprint("sk-CANARY-new");
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofSeconds(1))
        .until(
            () -> {
              CARAVAN.post("rotated.test", ASK);
              return PROVIDER.requests().getLast().keyFingerprint().equals(fresh);
            });
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("changed rotated.test"));
    assertThat(connection).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 500})
  void anErrorThatRepeatsTheKeyIsMasked(int status) {
    PROVIDER.when(Match.host(INLINE)).answer(Script.status(status).error(WRONG, "invalid"));

    HttpResponse<String> answer = CARAVAN.post(INLINE, ASK);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains("provided: ***.").doesNotContain("CANARY");
  }

  @Test
  void theKeyIsMaskedInEverySegmentationAndEveryRepetition() throws Exception {
    PROVIDER
        .when(Match.host(INLINE))
        .answer(
            Script.status(401)
                .header("content-type", "text/plain")
                .bytesPerSegment(3)
                .body("a " + KEY + KEY + " b ")
                .body(KEY.substring(0, 7))
                .gate("rest")
                .body(KEY.substring(7) + " c"));
    try (RawClient client = CARAVAN.connect().post(INLINE, ASK)) {
      PROVIDER.gate("rest").awaitArrived();
      PROVIDER.gate("rest").open();
      assertThat(client.readHead().status()).isEqualTo(401);
      assertThat(client.readText()).isEqualTo("a ****** b *** c");
    }
  }

  @Test
  void theKeyIsMaskedInACompressedError() throws Exception {
    PROVIDER
        .when(Match.host(INLINE))
        .answer(Script.status(401).gzip().bytesPerSegment(5).error(WRONG, "invalid"));
    try (RawClient client = CARAVAN.connect().post(INLINE, ASK)) {
      Head head = client.readHead();
      assertThat(head.header("content-encoding")).isEmpty();
      assertThat(client.readText()).contains("provided: ***.");
    }
  }

  @Test
  void theKeyIsMaskedInAnErrorThatIsNoChat() {
    PROVIDER.when(Match.host(INLINE)).answer(Script.status(401).error(WRONG, "invalid"));

    assertThat(CARAVAN.get(INLINE, "/v1/models").body()).contains("provided: ***.");
  }

  @Test
  void theKeyIsMaskedInTheHeadersOfAnErrorAndNoOtherValueIsLost() throws Exception {
    PROVIDER
        .when(Match.host(INLINE))
        .answer(
            Script.status(401)
                .header("x-hint", "one")
                .header("x-hint", "not " + KEY)
                .header("x-hint", "three")
                .error("no", "invalid"));
    try (RawClient client = CARAVAN.connect().post(INLINE, ASK)) {
      assertThat(client.readHead().headerValues("x-hint"))
          .containsExactly("one", "not ***", "three");
      client.readBody();
    }
  }

  @Test
  void theKeyIsMaskedInTheHeadersOfAnErrorWithoutABody() throws Exception {
    PROVIDER
        .when(Match.host(INLINE))
        .answer(Script.status(401).header("www-authenticate", "Bearer realm=\"" + KEY + "\""));
    try (RawClient client = CARAVAN.connect()) {
      client.send("HEAD /v1/models HTTP/1.1\r\nHost: " + INLINE + "\r\n\r\n").expectNoBody();
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(401);
      assertThat(head.header("www-authenticate")).contains("Bearer realm=\"***\"");
    }
  }

  @Test
  void aLongErrorIsRelayedWhole() {
    String filling = "y".repeat(100 << 10);
    PROVIDER
        .when(Match.host(INLINE))
        .answer(Script.status(500).whole((KEY + filling).getBytes(UTF_8)));

    assertThat(CARAVAN.post(INLINE, ASK).body()).isEqualTo("***" + filling);
  }

  @Test
  void anAnswerThatIsNoErrorIsNotTouched() {
    PROVIDER.when(Match.host(INLINE)).answer(Script.ok("{\"choices\":[],\"x\":\"" + KEY + "\"}"));

    assertThat(CARAVAN.post(INLINE, ASK).body()).contains(KEY);
  }

  @Test
  void aConnectionThatFailsShowsNoKey() {
    HttpResponse<String> answer = CARAVAN.post("refused.test", ASK);

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).doesNotContain("CANARY");
  }

  private static void assertNoCredential(HttpResponse<String> answer, String... named) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.body())
        .contains("\"no_credential\"", "\"type\":\"caravan\"")
        .contains(named)
        .doesNotContain("CANARY");
  }

  /** What a value of these tests stands for; {@code translateEscapes} does not know {@code u}. */
  private static String unescaped(String written) {
    return written
        .replace("\\u0001", "\1")
        .replace("\\u0000", "\0")
        .replace("\\u00e9", "é")
        .translateEscapes();
  }

  private static String secret(String name, String value) {
    return """
        apiVersion: v1
        kind: Secret
        metadata:
          name: %s
        data:
          key: "%s"
        """
        .formatted(name, Base64.getEncoder().encodeToString(value.getBytes(UTF_8)));
  }
}

package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no chat request: its own path and bytes, with host, key and TLS filled in. */
class NonChatIT {
  private static final String HOST = "other.test";
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(provider(HOST).model("m-other").key("sk-CANARY-o").stream(false))
          .build();

  @ParameterizedTest
  @ValueSource(strings = {"GET", "DELETE", "OPTIONS", "PURGE", "M-SEARCH", "PUT", "PATCH"})
  void aRequestWithoutABodyKeepsItsMethodPathAndQuery(String method) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head(method + " /v1/files/a%2Fb?x=%20&y HTTP/1.1"));
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
      assertStillUsable(client);
    }
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.method()).isEqualTo(method);
    assertThat(received.target()).isEqualTo("/v1/files/a%2Fb?x=%20&y");
    assertThat(received.header("authorization")).contains("Bearer sk-CANARY-o");
    assertThat(received.header("transfer-encoding")).isEmpty();
    assertThat(received.awaitBody().bodyLength()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/plain | {not json at all",
        "text/plain | {\"messages\":[} and more",
        "application/x-www-form-urlencoded | {=1&b={",
        "'' | {\"a\":",
        "'' | \u0020\u0020plain",
        "text/plain | {\"model\":\"mine\"}",
        "application/json | {\"model\":\"mine\",\"input\":[1e3,\"\\u00e9\"] }",
        "application/json | [1,2]",
        "application/octet-stream | {\"messages\":[]}"
      })
  void aBodyThatIsNoChatGoesUpByteForByte(String type, String body) throws Exception {
    String[] lines = type.isEmpty() ? new String[0] : new String[] {"Content-Type: " + type};
    assertUnchanged(body.getBytes(UTF_8), lines);
  }

  @Test
  void bytesThatAreNoTextGoUpAsTheyAre() throws Exception {
    byte[] bytes = new byte[1024];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    assertUnchanged(bytes);
    assertUnchanged(bytes, "Content-Type: audio/mpeg");
  }

  @Test
  void moreWhiteSpaceThanFitsIntoMemoryIsNotLostBeforeOtherText() throws Exception {
    assertUnchanged((" ".repeat(3 << 20) + "text").getBytes(UTF_8), "Content-Type: text/plain");
  }

  @Test
  void textThatBeginsLikeAnObjectAndIsLargeGoesUpWhole() throws Exception {
    assertUnchanged(("{" + "y".repeat(3 << 20)).getBytes(UTF_8), "Content-Type: text/plain");
  }

  @Test
  void aCompressedBodyThatIsNotLabelledJsonKeepsItsEncoding() throws Exception {
    assertUnchanged(
        new byte[] {0x1f, (byte) 0x8b, 8, 0, 0},
        "Content-Type: text/plain",
        "Content-Encoding: gzip");
    assertThat(PROVIDER.requests().getFirst().headerValues("content-encoding"))
        .containsExactly("gzip");
  }

  @Test
  void aHeadOfAnAnswerInChunksHasNoBodyAndNoLength() throws Exception {
    PROVIDER
        .when(Match.path("/v1/models"))
        .answer(Script.empty().header("x-kept", "1").chunked().sendHead());
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("HEAD /v1/models HTTP/1.1")).expectNoBody();
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("x-kept")).contains("1");
      assertThat(head.header("content-length").orElse("0")).isEqualTo("0");
      assertStillUsable(client);
    }
  }

  @Test
  void aHeadOfAnErrorHasNoBody() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send("HEAD / HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n").expectNoBody();
      assertThat(client.readHead().status()).isEqualTo(404);
      assertStillUsable(client);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 304})
  void anAnswerThatMayHaveNoBodyHasNone(int status) throws Exception {
    PROVIDER.when(Match.path("/v1/x")).answer(Script.status(status).header("etag", "\"1\""));
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("GET /v1/x HTTP/1.1"));
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(status);
      assertThat(head.header("etag")).contains("\"1\"");
      assertThat(head.header("transfer-encoding")).isEmpty();
      assertStillUsable(client);
    }
  }

  @Test
  void anEmptyChunkedBodyIsRelayed() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("POST /v1/x HTTP/1.1", "Transfer-Encoding: chunked") + "0\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
      assertStillUsable(client);
    }
    assertThat(PROVIDER.requests().getFirst().awaitBody().bodyLength()).isZero();
  }

  @Test
  void aTunnelIsRefused() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send("CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(501);
      assertThat(client.readText()).contains("\"type\":\"caravan\"");
    }
  }

  private static void assertUnchanged(byte[] body, String... lines) throws IOException {
    try (RawClient client = CARAVAN.connect()) {
      String[] all = java.util.Arrays.copyOf(lines, lines.length + 1);
      all[lines.length] = "Content-Length: " + body.length;
      client.send(head("POST /v1/x HTTP/1.1", all)).send(body);
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
      assertStillUsable(client);
    }
    ReceivedRequest received = PROVIDER.requests(Match.path("/v1/x")).getLast();
    assertThat(received.body()).isEqualTo(body);
    assertThat(received.headerValues("content-length"))
        .containsExactly(Integer.toString(body.length));
  }

  private static void assertStillUsable(RawClient client) throws IOException {
    assertThat(client.post(HOST, ASK).readHead().header("x-emulator-model")).contains("m-other");
    client.readBody();
  }

  private static String head(String start, String... lines) {
    String rest = lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n";
    return new String(
        (start + "\r\nHost: " + HOST + "\r\n" + rest + "\r\n").getBytes(UTF_8), ISO_8859_1);
  }
}

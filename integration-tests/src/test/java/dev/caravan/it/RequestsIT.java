package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients really send: cases B of cases.md. */
class RequestsIT {
  private static final String HOST = "b.test";
  private static final String KEY = "sk-CANARY-b";
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final Pattern MODEL =
      Pattern.compile("\"mod(?:e|\\\\u0065)l\"\\s*:\\s*\"([^\"]*)\"");
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider(HOST).model("m-b").key(KEY),
              provider("b-stream.test").model("m-b").stream(true),
              provider("b-cheap.test"),
              provider("b-dear.test"))
          .manifest(
              "b-route.yaml",
              """
              apiVersion: istio.alibabacloud.com/v1beta1
              kind: LLMRoute
              metadata:
                name: b-route
              spec:
                host: b-route.test
                rules:
                - name: cheap
                  matches:
                  - model: {exact: cheap}
                  backendRefs:
                  - providerHost: b-cheap.test
                - name: dear
                  backendRefs:
                  - providerHost: b-dear.test
              """)
          .build();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"cheap\",\"model\":\"dear\",%s}",
        "{\"model\":\"a\",\"mod\\u0065l\":\"b\",%s}",
        "{\"mod\\u0065l\":\"b\",%s}",
        "{\"model\":null,%s}",
        "{%s}"
      })
  void everySpellingOfModelGetsTheConfiguredValue(String body) {
    CARAVAN.post(HOST, body.formatted(MESSAGES));

    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(models(received)).isNotEmpty().allMatch("m-b"::equals);
    assertThat(received.chat().model()).isEqualTo("m-b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\":\"cheap\",\"model\":\"dear\",%s} | b-dear.test | dear",
        "{\"model\":\"dear\",\"model\":\"cheap\",%s} | b-cheap.test | cheap",
        "{\"model\":\"dear\",\"mod\\u0065l\":\"cheap\",%s} | b-cheap.test | cheap"
      })
  void withoutAConfiguredModelTheLastOneIsMatchedLoggedAndServed(
      String body, String backend, String model) {
    HttpResponse<String> answer = CARAVAN.post("b-route.test", body.formatted(MESSAGES));

    assertThat(answer.headers().firstValue("x-emulator-host")).contains(backend);
    assertThat(PROVIDER.requests().getFirst().chat().model()).isEqualTo(model);
    CARAVAN.awaitAccess(model);
  }

  @Test
  void everySpellingOfStreamGetsTheConfiguredValue() {
    CARAVAN.post("b-stream.test", "{\"stream\":false,\"str\\u0065am\":false," + MESSAGES + "}");

    assertThat(PROVIDER.requests().getFirst().bodyText()).doesNotContain("false");
  }

  @Test
  void whatIsNotConfiguredStaysByteForByte() {
    String body =
        "{ \"temperature\" : 1.0e-2,\t\"n\":12345678901234567890.10, \"model\" : \"old\" ,"
            + "\"x\":1e400,\"x\":-0,\"e\":\"\\u00e9\\/é\",\"messages\":[ [[[{}]]] ]\n}\n";

    CARAVAN.post(HOST, body);

    assertThat(PROVIDER.requests().getFirst().bodyText())
        .isEqualTo(body.replace("\"old\"", "\"m-b\""));
  }

  @Test
  void aGzipBodyThatIsNoChatIsSentPlainToo() throws Exception {
    String embeddings = "{\"input\":\"hello\",\"model\":\"e\"}";
    CARAVAN.send(
        CARAVAN
            .request(HOST, "/v1/embeddings", "content-encoding", "gzip")
            .POST(BodyPublishers.ofByteArray(gzip(embeddings.getBytes(UTF_8)))));

    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.headerValues("content-encoding")).isEmpty();
    assertThat(received.bodyText()).isEqualTo(embeddings);
  }

  @Test
  void aGzipBodyIsReadEditedAndSentPlain() throws Exception {
    HttpResponse<String> answer =
        CARAVAN.send(
            CARAVAN
                .request(HOST, "/", "content-encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(gzip(("{" + MESSAGES + "}").getBytes(UTF_8)))));

    assertThat(answer.statusCode()).isEqualTo(200);
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.headerValues("content-encoding")).isEmpty();
    assertThat(received.bodyText()).contains(MESSAGES, "\"m-b\"");
  }

  @Test
  void aGzipBodyThatGrowsBeyondTheLimitIsTooLarge() throws Exception {
    ByteArrayOutputStream small = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(small)) {
      gzip.write("{\"messages\":[\"".getBytes(UTF_8));
      byte[] megabyte = "x".repeat(1 << 20).getBytes(UTF_8);
      for (int i = 0; i < 65; i++) {
        gzip.write(megabyte);
      }
      gzip.write("\"]}".getBytes(UTF_8));
    }

    HttpResponse<String> answer =
        CARAVAN.send(
            CARAVAN
                .request(HOST, "/", "content-encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(small.toByteArray())));

    assertCaravans(answer, 413);
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void anEncodingThatCannotBeReadIsNamed() {
    byte[] zstd = new byte[64];
    System.arraycopy(HexFormat.of().parseHex("28b52ffd"), 0, zstd, 0, 4);

    HttpResponse<String> answer =
        CARAVAN.send(
            CARAVAN
                .request(HOST, "/", "content-encoding", "zstd")
                .POST(BodyPublishers.ofByteArray(zstd)));

    assertCaravans(answer, 415);
    assertThat(answer.body()).contains("zstd");
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void aByteOrderMarkIsDropped() {
    CARAVAN.post(HOST, "\uFEFF{" + MESSAGES + "}");

    assertThat(PROVIDER.requests().getFirst().bodyText()).startsWith("{").contains("\"m-b\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json; charset=utf-8",
        "application/vnd.x+json",
        "application/x-www-form-urlencoded"
      })
  void aChatBodyIsOneWhateverItsLabel(String type) throws Exception {
    byte[] body = ("{" + MESSAGES + "}").getBytes(UTF_8);
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head("POST / HTTP/1.1", "Content-Type: " + type, "Content-Length: " + body.length));
      client.send(body);
      assertThat(client.readHead().header("x-emulator-model")).contains("m-b");
      client.readBody();
    }
  }

  @Test
  void jsonInUtf16IsABadRequest() {
    assertCaravans(postJson("{" + MESSAGES + "}", UTF_16), 400);
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void aBodyThatClaimsJsonAndIsNotIsRefusedWithThePlace() {
    HttpResponse<String> answer = postJson("{\"messages\":[}", UTF_8);

    assertCaravans(answer, 400);
    assertThat(answer.body()).containsPattern("1[34]");
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void anExpectantClientIsToldToContinueAndTheProviderNeverHears() throws Exception {
    byte[] body = largeChat(2 << 20);
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST / HTTP/1.1",
              "Content-Type: application/json",
              "Expect: 100-continue",
              "Content-Length: " + body.length));
      assertThat(client.readHead().status()).isEqualTo(100);
      client.send(body);
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
    assertThat(PROVIDER.requests().getFirst().headerValues("expect")).isEmpty();
  }

  @Test
  void anExpectantClientWithTooMuchIsRefusedWithout100() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST / HTTP/1.1",
              "Content-Type: application/json",
              "Expect: 100-continue",
              "Content-Length: " + (65 << 20)));
      assertThat(client.readHead().status()).isEqualTo(413);
      assertThat(client.readText()).contains("\"type\":\"caravan\"");
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void tooMuchIsRefusedReadablyWhileItIsStillComing() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST / HTTP/1.1",
              "Content-Type: application/json",
              "Content-Length: " + (65 << 20)));
      client.send(Arrays.copyOf(largeChat(1 << 20), 512 << 10));
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(413);
      assertThat(head.header("connection")).contains("close");
      assertThat(client.readText()).contains("\"type\":\"caravan\"");
    }
  }

  @Test
  void aBodyUpToTheLimitIsServed() throws Exception {
    byte[] body = largeChat(60 << 20);
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST / HTTP/1.1",
              "Content-Type: application/json",
              "Content-Length: " + body.length));
      client.send(body);
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("x-emulator-model")).contains("m-b");
      client.readBody();
    }
  }

  @Test
  void aProvidersEarlyAnswerReachesAClientWhoseUploadIsUnfinished() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(Script.status(401).error("no such key", "invalid_api_key").beforeBody());
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST /v1/files HTTP/1.1",
              "Content-Type: multipart/form-data; boundary=b",
              "Content-Length: " + (20 << 20)));
      client.send(new byte[2 << 20]);
      assertThat(client.readHead().status()).isEqualTo(401);
      assertThat(client.readText()).contains("no such key");
    }
  }

  @Test
  void aProviderThatAnswersEarlyAndClosesIsStillHeard() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(Script.status(413).error("too large for us", "too_large").beforeBody());
    byte[] body = largeChat(20 << 20);
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST / HTTP/1.1",
              "Content-Type: application/json",
              "Content-Length: " + body.length));
      client.send(body);
      assertThat(client.readHead().status()).isEqualTo(413);
      assertThat(client.readText()).contains("too large for us");
    }
  }

  @Test
  void aPreflightGoesToTheProviderAsItIs() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(Script.status(204).header("access-control-allow-origin", "http://a"));
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "OPTIONS /v1/chat/completions HTTP/1.1",
              "Origin: http://a",
              "Access-Control-Request-Method: POST"));
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(204);
      assertThat(head.headerValues("access-control-allow-origin")).containsExactly("http://a");
    }
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.method()).isEqualTo("OPTIONS");
    assertThat(received.header("origin")).contains("http://a");
    assertThat(received.awaitBody().bodyLength()).isZero();
  }

  @Test
  void aHeadKeepsItsLengthAndLeavesTheConnectionUsable() throws Exception {
    PROVIDER.when(Match.path("/v1/models")).answer(Script.ok("{\"object\":\"list\",\"data\":[]}"));
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("HEAD /v1/models HTTP/1.1")).expectNoBody();
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("content-length")).contains("27");
      assertThat(client.readBody()).isEmpty();

      client.post(HOST, "{" + MESSAGES + "}");
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
  }

  @Test
  void whatIsNoChatKeepsItsPathAndBytesAndGetsHostAndKey() {
    String body = "{\"model\":\"e\",\"input\":\"a b\" }";

    CARAVAN.send(
        CARAVAN.request(HOST, "/v1/embeddings?a=%2F&b").POST(BodyPublishers.ofString(body)));
    HttpResponse<String> models = CARAVAN.get(HOST, "/v1/models");

    assertThat(models.body()).contains("\"object\":\"list\"");
    ReceivedRequest embeddings = PROVIDER.requests().getFirst();
    assertThat(embeddings.target()).isEqualTo("/v1/embeddings?a=%2F&b");
    assertThat(embeddings.bodyText()).isEqualTo(body);
    assertThat(PROVIDER.requests())
        .allSatisfy(
            request -> {
              assertThat(request.header("authorization")).contains("Bearer " + KEY);
              assertThat(request.arrival().sni()).isEqualTo(HOST);
            });
  }

  @Test
  void anUploadGoesThroughWhole() throws Exception {
    byte[] audio = new byte[12 << 20];
    new Random(7).nextBytes(audio);
    byte[] start =
        "--b0undary\r\nContent-Disposition: form-data; name=file\r\n\r\n".getBytes(UTF_8);
    byte[] end = "\r\n--b0undary--\r\n".getBytes(UTF_8);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (byte[] part : List.of(start, audio)) {
      digest.update(part);
    }
    String expected = HexFormat.of().formatHex(digest.digest(end));
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST /v1/audio/transcriptions HTTP/1.1",
              "Content-Type: multipart/form-data; boundary=b0undary",
              "Transfer-Encoding: chunked"));
      for (byte[] part : List.of(start, audio, end)) {
        client.send(Integer.toHexString(part.length) + "\r\n").send(part).send("\r\n");
      }
      client.send("0\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.path()).isEqualTo("/v1/audio/transcriptions");
    assertThat(received.header("content-type")).contains("multipart/form-data; boundary=b0undary");
    assertThat(received.bodySha256()).isEqualTo(expected);
  }

  @Test
  void anEmptyPostIsRelayed() {
    assertThat(
            CARAVAN.send(CARAVAN.request(HOST, "/v1/x").POST(BodyPublishers.noBody())).statusCode())
        .isEqualTo(200);
    assertThat(PROVIDER.requests().getFirst().path()).isEqualTo("/v1/x");
  }

  private static HttpResponse<String> postJson(String body, Charset charset) {
    return CARAVAN.send(
        CARAVAN.request(HOST, "/").POST(BodyPublishers.ofByteArray(body.getBytes(charset))));
  }

  private static void assertCaravans(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type").orElse(""))
        .startsWith("application/json");
    assertThat(answer.body())
        .contains("\"error\"", "\"message\"", "\"code\"", "\"type\":\"caravan\"");
  }

  private static List<String> models(ReceivedRequest request) {
    return MODEL.matcher(request.bodyText()).results().map(each -> each.group(1)).toList();
  }

  private static String head(String... lines) {
    String first = lines[0] + "\r\nHost: " + HOST + "\r\n";
    String rest = String.join("\r\n", Arrays.asList(lines).subList(1, lines.length));
    return first + (rest.isEmpty() ? "" : rest + "\r\n") + "\r\n";
  }

  /** A chat body of about that many bytes, its model last. */
  private static byte[] largeChat(int size) {
    byte[] start = "{\"messages\":[{\"role\":\"user\",\"content\":\"".getBytes(UTF_8);
    byte[] end = "\"}],\"model\":\"old\"}".getBytes(UTF_8);
    byte[] body = new byte[size];
    Arrays.fill(body, (byte) 'x');
    System.arraycopy(start, 0, body, 0, start.length);
    System.arraycopy(end, 0, body, size - end.length, end.length);
    return body;
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream small = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(small)) {
      gzip.write(plain);
    }
    return small.toByteArray();
  }
}

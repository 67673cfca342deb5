package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Header;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which headers decide, which go up, which come back; and heads that are refused. */
class HeadersIT {
  private static final String HOST = "headers.test";
  private static final String KEYLESS = "keyless.test";
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider(HOST)
                  .model("m-default")
                  .key("sk-CANARY-h")
                  .modelOfRule("vip", "m-vip")
                  .modelOfRule("tagged", "m-tagged"),
              provider(KEYLESS).model("m-keyless"))
          .manifest(
              "headers-route.yaml",
              """
              apiVersion: istio.alibabacloud.com/v1beta1
              kind: LLMRoute
              metadata:
                name: headers-route
              spec:
                host: headers.test
                rules:
                - name: vip
                  matches:
                  - headers:
                      user-type: {exact: subscriber}
                  backendRefs:
                  - providerHost: headers.test
                - name: tagged
                  matches:
                  - headers:
                      x-tag: {}
                  backendRefs:
                  - providerHost: headers.test
                - backendRefs:
                  - providerHost: headers.test
              """)
          .build();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user-type: subscriber",
        "User-Type: subscriber",
        "USER-TYPE:subscriber",
        "user-type:  subscriber \t"
      })
  void aRuleMatchesTheNameInAnyCaseAndTheValueWithoutOuterBlanks(String line) throws Exception {
    assertThat(modelFor(line)).isEqualTo("m-vip");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user-type: Subscriber",
        "user-type: subscriber2",
        "user-type: free\r\nuser-type: subscriber",
        "user-type: subscriber\r\nuser-type: free",
        "user-type: free, subscriber",
        "user_type: subscriber"
      })
  void anotherValueOrASecondLineDoesNotMatch(String lines) throws Exception {
    assertThat(modelFor(lines)).isEqualTo("m-default");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x-tag: a", "x-tag:", "X-Tag: a\r\nx-tag: b"})
  void presenceMatchesAnEmptyValueToo(String lines) throws Exception {
    assertThat(modelFor(lines)).isEqualTo("m-tagged");
  }

  @Test
  void aQueryParameterIsNeverMatchedAsAHeaderAndGoesUpAsSent() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("POST /?user-type=subscriber&x-tag=%20 HTTP/1.1", HOST, lengthOf(ASK)));
      client.send(ASK);
      assertThat(client.readHead().header("x-emulator-model")).contains("m-default");
      client.readBody();
    }
    assertThat(PROVIDER.requests().getFirst().target())
        .isEqualTo("/v1/chat/completions?user-type=subscriber&x-tag=%20");
  }

  @Test
  void noHeaderOrQueryParameterNamedLikeCamelsOwnHasAnyEffect() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          head(
              "POST /?CamelHttpMethod=DELETE&CamelHttpPath=/evil HTTP/1.1",
              HOST,
              "CamelHttpUri: http://127.0.0.1:1/",
              "CamelHttpMethod: DELETE",
              "CamelHttpPath: /evil",
              "CamelHttpQuery: evil=1",
              "CamelHttpResponseCode: 418",
              lengthOf(ASK)));
      client.send(ASK);
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.method()).isEqualTo("POST");
    assertThat(received.path()).isEqualTo("/v1/chat/completions");
    assertThat(received.target()).doesNotContain("evil=1");
  }

  @Test
  void hopByHopHeadersEndAtEitherSide() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(
            Script.empty()
                .header("connection", "keep-alive, x-gone")
                .header("x-gone", "1")
                .header("keep-alive", "timeout=5")
                .header("x-kept", "1")
                .json("{}"));
    try (RawClient client = CARAVAN.connect()) {
      client.post(
          HOST,
          ASK,
          "Connection: keep-alive, X-Drop",
          "X-Drop: 1",
          "Keep-Alive: timeout=5",
          "Proxy-Connection: keep-alive",
          "Proxy-Authorization: Basic eDp5",
          "TE: trailers",
          "Upgrade: h2c",
          "X-Stay: 1");
      Head head = client.readHead();
      assertThat(head.header("x-kept")).contains("1");
      assertThat(names(head.headers())).doesNotContain("x-gone", "keep-alive");
      assertOneFraming(head.headers());
      client.readBody();
    }
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.header("x-stay")).contains("1");
    assertThat(names(received.headers()))
        .doesNotContain(
            "x-drop", "keep-alive", "proxy-connection", "proxy-authorization", "te", "upgrade");
    assertThat(received.headerValues("host")).containsExactly(HOST);
    assertThat(received.headerValues("accept-encoding")).containsExactly("identity");
    assertOneFraming(received.headers());
  }

  @Test
  void theClientsCredentialsAreReplacedByTheConfiguredKey() throws Exception {
    modelFor("Authorization: Bearer sk-client\r\nauthorization: second\r\nCookie: session=1");

    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.headerValues("authorization")).containsExactly("Bearer sk-CANARY-h");
    assertThat(received.headerValues("cookie")).isEmpty();
  }

  @Test
  void withoutAConfiguredKeyTheClientsOwnGoesUp() {
    CARAVAN.post(KEYLESS, ASK, "authorization", "Bearer sk-client");

    assertThat(PROVIDER.requests().getFirst().headerValues("authorization"))
        .containsExactly("Bearer sk-client");
  }

  @Test
  void noRequestHeaderComesBack() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.post(HOST, ASK, "X-Secret: 1", "Authorization: Bearer a", "Cookie: b");
      Head head = client.readHead();
      assertThat(names(head.headers()))
          .doesNotContain("x-secret", "authorization", "cookie", "host", "user-agent");
      assertThat(head.toString()).doesNotContain("CANARY");
      assertOneFraming(head.headers());
      client.readBody();
    }
  }

  @Test
  void aProvidersErrorThatRepeatsTheKeyIsMasked() {
    PROVIDER
        .when(Match.host(HOST))
        .answer(
            Script.status(401).error("Incorrect API key provided: sk-CANARY-h", "invalid_api_key"));

    var answer = CARAVAN.post(HOST, ASK);

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).contains("Incorrect API key").doesNotContain("CANARY");
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("CANARY"));
  }

  @Test
  void repeatedAnswerHeadersAllComeBack() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(Script.empty().header("x-part", "a").header("x-part", "b").json("{}"));
    try (RawClient client = CARAVAN.connect().post(HOST, ASK)) {
      assertThat(client.readHead().headerValues("x-part")).containsExactly("a", "b");
      client.readBody();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Content-Length : 2",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: +2",
        "Content-Length: -1"
      })
  void framingThatCouldBeReadInTwoWaysIsRefusedAndTheConnectionClosed(String lines)
      throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("POST / HTTP/1.1", HOST, lines)).send("{}");
      assertThat(client.readHead().status()).isEqualTo(400);
      client.readBody();
      client.awaitEnd();
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x(y: 1", "x y: 1", "x\u00e9: 1", "x\0: 1", ": 1", "x-a: a\0b", "no colon"})
  void headersWithOddBytesAreRefused(String line) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("POST / HTTP/1.1", HOST, line, lengthOf(ASK))).send(ASK);
      assertThat(client.readHead().status()).isBetween(400, 499);
      client.readBody();
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTPS/1.1", "x"})
  void anotherVersionOfHttpIsRefused(String version) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("GET / " + version, HOST, "x-a: b"));
      Head head = client.readHead();
      assertThat(head.status()).isBetween(400, 599);
      assertThat(head.statusLine()).startsWith("HTTP/1.");
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void anOverLongHeadIsRefused() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("GET / HTTP/1.1", HOST, "x-long: " + "x".repeat(128 << 10)));
      assertThat(client.readHead().status()).isEqualTo(431);
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: headers.test\r\nHost: keyless.test\r\n\r\n"
      })
  void noHostOrTwoThatDifferIsABadRequest(String request) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(request);
      assertThat(client.readHead().status()).isEqualTo(400);
      client.readBody();
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "headers.test:80",
        "headers.test:15001",
        "headers.test.",
        "headers.test.:80",
        "HEADERS.Test"
      })
  void portTrailingDotAndCaseOfTheHostDoNotMatter(String host) throws Exception {
    try (RawClient client = CARAVAN.connect().post(host, ASK)) {
      assertThat(client.readHead().header("x-emulator-model")).contains("m-default");
      client.readBody();
    }
    assertThat(PROVIDER.requests().getFirst().headerValues("host")).containsExactly(HOST);
  }

  @Test
  void anAbsoluteTargetWinsOverTheHostHeader() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("POST http://Headers.test:80/ HTTP/1.1", KEYLESS, lengthOf(ASK))).send(ASK);
      assertThat(client.readHead().header("x-emulator-host")).contains(HOST);
      client.readBody();
    }
  }

  private static String modelFor(String lines) throws IOException {
    try (RawClient client = CARAVAN.connect().post(HOST, ASK, lines)) {
      Head head = client.readHead();
      client.readBody();
      return head.header("x-emulator-model").orElse("no model, status " + head.status());
    }
  }

  private static void assertOneFraming(List<Header> headers) {
    assertThat(names(headers))
        .filteredOn(List.of("content-length", "transfer-encoding")::contains)
        .hasSize(1);
  }

  private static List<String> names(List<Header> headers) {
    return headers.stream().map(header -> header.name().toLowerCase(Locale.ROOT)).toList();
  }

  private static String lengthOf(String body) {
    return "Content-Length: " + body.getBytes(ISO_8859_1).length;
  }

  private static String head(String start, String host, String... lines) {
    return start + "\r\nHost: " + host + "\r\n" + String.join("\r\n", lines) + "\r\n\r\n";
  }
}

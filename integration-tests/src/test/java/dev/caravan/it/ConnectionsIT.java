package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections are kept, shared, limited and given up, on both sides. */
class ConnectionsIT {
  private static final String HOST = "conn.test";
  private static final String NARROW = "narrow.test";
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final String ASK = "{" + MESSAGES + "}";
  private static final String ASK_STREAM = "{\"stream\":true," + MESSAGES + "}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider(HOST).model("m-conn"),
              provider(NARROW)
                  .with("connectionPool: {maxConnections: 1}")
                  .with("timeouts: {connect: 20s}"),
              provider("impatient.test")
                  .with("connectionPool: {maxConnections: 1}")
                  .with("timeouts: {connect: 300ms}"),
              provider("warm.test").with("timeouts: {connect: 60s}"))
          .warmedUpBy("warm.test")
          .build();

  @Test
  void requestsOfOneClientConnectionShareOneOfTheProviders() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      for (String ask : List.of(ASK, ASK_STREAM, ASK, ASK_STREAM, ASK)) {
        client.post(HOST, ask);
        assertThat(client.readHead().status()).isEqualTo(200);
        client.readBody();
      }
    }
    assertThat(PROVIDER.requests())
        .hasSize(5)
        .extracting(ReceivedRequest::connection)
        .containsOnly(PROVIDER.requests().getFirst().connection());
  }

  @Test
  void aConnectionWhoseErrorAnswerWasReadIsKeptToo() throws Exception {
    PROVIDER.when(Match.host(HOST)).once(Script.status(500).error("no", "x"));
    try (RawClient client = CARAVAN.connect()) {
      for (int status : new int[] {500, 200}) {
        client.post(HOST, ASK);
        assertThat(client.readHead().status()).isEqualTo(status);
        client.readBody();
      }
    }
    assertThat(PROVIDER.requests().getLast().connection())
        .isEqualTo(PROVIDER.requests().getFirst().connection());
  }

  @Test
  void aTunnelToPort80IsReadOnAsHttp() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send("CONNECT " + HOST + ":80 HTTP/1.1\r\nHost: " + HOST + ":80\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(200);
      client.post(HOST, ASK);
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
    assertThat(PROVIDER.requests(Match.host(HOST))).hasSize(1);
  }

  @Test
  void pipelinedRequestsAreAnsweredInTheirOrder() throws Exception {
    PROVIDER.when(Match.header("x-n", "1")).answer(Script.empty().gate("first").json("{\"n\":1}"));
    PROVIDER.when(Match.header("x-n", "2")).answer(Script.ok("{\"n\":2}"));
    PROVIDER.when(Match.header("x-n", "3")).answer(Script.sse().token("3").done());
    try (RawClient client = CARAVAN.connect()) {
      client.send(request("1", ASK) + request("2", ASK) + request("3", ASK_STREAM));
      PROVIDER.gate("first").awaitArrived();
      PROVIDER.gate("first").open();
      client.readHead();
      assertThat(client.readText()).isEqualTo("{\"n\":1}");
      client.readHead();
      assertThat(client.readText()).isEqualTo("{\"n\":2}");
      client.readHead();
      assertThat(client.readText()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void noMoreRequestsRunAtOnceThanConnectionsAreAllowed() throws Exception {
    PROVIDER
        .when(Match.host(NARROW))
        .once(Script.empty().gate("busy").json("{}"), Script.ok("{}"), Script.ok("{}"));
    try (RawClient first = CARAVAN.connect().post(NARROW, ASK)) {
      PROVIDER.gate("busy").awaitArrived();
      try (RawClient second = CARAVAN.connect().post(NARROW, ASK);
          RawClient left = CARAVAN.connect().post(NARROW, ASK);
          RawClient third = CARAVAN.connect().post(NARROW, ASK)) {
        // Another host's answers prove that both event loops have seen what came before.
        for (int i = 0; i < 8; i++) {
          assertThat(CARAVAN.post(HOST, ASK).statusCode()).isEqualTo(200);
        }
        assertThat(PROVIDER.calls(NARROW)).isEqualTo(1);
        left.reset();

        PROVIDER.gate("busy").open();
        for (RawClient each : List.of(first, second, third)) {
          assertThat(each.readHead().status()).isEqualTo(200);
          each.readBody();
        }
      }
    }
    assertThat(PROVIDER.calls(NARROW)).as("the one that left is not asked for").isEqualTo(3);
  }

  @Test
  void theWaitForAPlaceEndsWithTheConnectClock() throws Exception {
    PROVIDER.when(Match.host("impatient.test")).answer(Script.empty().gate("busy").json("{}"));
    try (RawClient first = CARAVAN.connect().post("impatient.test", ASK)) {
      PROVIDER.gate("busy").awaitArrived();
      var second = CARAVAN.post("impatient.test", ASK);
      assertThat(second.statusCode()).as(second.body()).isEqualTo(504);
      assertThat(PROVIDER.calls("impatient.test")).isEqualTo(1);

      PROVIDER.gate("busy").open();
      assertThat(first.readHead().status()).isEqualTo(200);
      first.readBody();
    }
    assertThat(CARAVAN.post("impatient.test", ASK).statusCode()).isEqualTo(200);
  }

  @Test
  void anIdleConnectionThatTheProviderClosedIsNotNoticedByTheClient() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      for (int i = 0; i < 5; i++) {
        client.post(HOST, ASK);
        assertThat(client.readHead().status()).isEqualTo(200);
        client.readBody();
        PROVIDER.closeIdleConnections();
      }
    }
  }

  @Test
  void aStreamedBodyIsNotRepeatedOnAStaleConnection() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.post(HOST, ASK).readHead();
      client.readBody();
      PROVIDER.when(Match.path("/v1/files")).answer(Script.empty().close());

      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: "
              + HOST
              + "\r\nContent-Type: audio/mpeg\r\nContent-Length: 3\r\n\r\nabc");

      assertThat(client.readHead().status()).isEqualTo(502);
      client.readBody();
    }
    assertThat(PROVIDER.requests(Match.path("/v1/files"))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "Close"})
  void aClientThatWantsItsConnectionClosedGetsItClosed(String value) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.post(HOST, ASK, "Connection: " + value);
      assertThat(client.readHead().header("connection")).contains("close");
      client.readBody();
      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.CLOSED);
    }
  }

  /** RFC 9112, 9.3: a proxy does not keep it, whatever such a client asks for. */
  @ParameterizedTest
  @ValueSource(strings = {"", "Connection: keep-alive\r\n", "Connection: Keep-Alive\r\n"})
  void theConnectionOfAClientOfHttp10EndsWithTheAnswer(String line) throws Exception {
    PROVIDER.when(Match.host(HOST)).answer(Script.ok("{\"n\":1}"));
    try (RawClient client = CARAVAN.connect()) {
      client.send(request10(ASK, line));
      Head head = client.readHead();
      assertThat(head.header("connection").orElse("close")).isEqualToIgnoringCase("close");
      assertThat(head.header("content-length")).contains("7");
      assertThat(client.readText()).isEqualTo("{\"n\":1}");
      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.CLOSED);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Connection: keep-alive\r\n"})
  void aStreamToAClientOfHttp10EndsWithItsConnection(String line) throws Exception {
    PROVIDER.when(Match.host(HOST)).answer(Script.sse().token("a").finish("stop").done());
    try (RawClient client = CARAVAN.connect()) {
      client.send(request10(ASK_STREAM, line));
      Head head = client.readHead();
      assertThat(head.header("transfer-encoding")).isEmpty();
      assertThat(head.header("connection").orElse("close")).isEqualToIgnoringCase("close");
      assertThat(new String(client.readToEnd())).startsWith("data: {").endsWith("[DONE]\n\n");
    }
  }

  @Test
  void aClientOfHttp10IsNeverToldToContinue() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(request10(ASK, "Expect: 100-continue\r\n"));
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
  }

  private static String request(String n, String body) throws IOException {
    return "POST / HTTP/1.1\r\nHost: "
        + HOST
        + "\r\nx-n: "
        + n
        + "\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String request10(String body, String line) {
    return "POST / HTTP/1.0\r\nHost: "
        + HOST
        + "\r\n"
        + line
        + "Content-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }
}

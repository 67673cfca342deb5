package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.it.RawClient;
import dev.caravan.it.RawClient.Head;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every step of a script, seen by a plain client over TLS. */
class ScriptTest {
  private static final Emulator PROVIDER = Emulator.start();
  private static final String ASK = "{\"messages\":[]}";

  @AfterEach
  void forget() {
    PROVIDER.reset();
  }

  @AfterAll
  static void stop() {
    PROVIDER.close();
  }

  @Test
  void answersAStatusWithHeadersAndAWholeBody() throws Exception {
    PROVIDER
        .when(Match.any())
        .answer(Script.status(429).header("Retry-After", "2").error("slow down", "rate_limit"));
    try (RawClient client = ask()) {
      Head head = client.readHead();

      assertThat(head.statusLine()).isEqualTo("HTTP/1.1 429 Too Many Requests");
      assertThat(head.header("retry-after")).contains("2");
      assertThat(head.header("content-length")).isPresent();
      assertThat(client.readText())
          .contains("\"message\":\"slow down\"", "\"code\":\"rate_limit\"");
    }
  }

  @Test
  void holdsAnEventBackUntilTheTestOpensItsGate() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().event("one").gate("two").event("two"));
    try (RawClient client = ask()) {
      client.readHead();

      assertThat(client.readEvent()).isEqualTo("data: one\n\n");
      PROVIDER.gate("two").awaitArrived();
      assertThat(PROVIDER.requests().getFirst().ending()).isEmpty();
      PROVIDER.gate("two").open();
      assertThat(client.readEvent()).isEqualTo("data: two\n\n");
      assertThat(client.readBody()).isEmpty();
      PROVIDER.requests().getFirst().awaitCompleted();
    }
  }

  @Test
  void letsAGateThroughAsOftenAsItIsTold() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().gate("each").event("a").gate("each").event("b"));
    try (RawClient client = ask()) {
      client.readHead();
      PROVIDER.gate("each").letThrough(1);

      assertThat(client.readData()).isEqualTo("a");
      PROVIDER.gate("each").awaitArrivals(2);
      PROVIDER.gate("each").letThrough(1);
      assertThat(client.readData()).isEqualTo("b");
    }
  }

  @Test
  void writesCommentsAndEveryLineEnd() throws Exception {
    PROVIDER
        .when(Match.any())
        .answer(
            Script.sse()
                .comment("wait")
                .lineEnd("\r\n")
                .event("a")
                .lineEnd("\r")
                .event("b")
                .lineEnd("\n")
                .event("two\nlines"));
    try (RawClient client = ask()) {
      client.readHead();

      assertThat(client.readText())
          .isEqualTo(": wait\n\ndata: a\r\n\r\ndata: b\r\rdata: two\ndata: lines\n\n");
    }
  }

  @Test
  void flushesCompressedEventsOneByOne() throws Exception {
    PROVIDER
        .when(Match.any())
        .answer(Script.empty().gzip().eventStream().event("a").gate("b").event("b"));
    try (RawClient client = ask()) {
      assertThat(client.readHead().header("content-encoding")).contains("gzip");
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      body.writeBytes(client.readChunk());
      assertThat(inflatedPrefix(body.toByteArray(), "data: a\n\n".length()))
          .isEqualTo("data: a\n\n");

      PROVIDER.gate("b").open();
      for (byte[] chunk = client.readChunk(); chunk.length > 0; chunk = client.readChunk()) {
        body.writeBytes(chunk);
      }
      assertThat(gunzip(body.toByteArray())).isEqualTo("data: a\n\ndata: b\n\n");
    }
  }

  @Test
  void cutsBytesIntoSegmentsWithoutChangingThem() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().oneBytePerSegment().event("汉字😀"));
    try (RawClient client = ask()) {
      client.readHead();

      assertThat(client.readText()).isEqualTo("data: 汉字😀\n\n");
    }
  }

  @Test
  void truncatesABodyShortOfItsLength() throws Exception {
    PROVIDER
        .when(Match.any())
        .answer(Script.empty().contentLength(100).body("{\"half\":").truncate());
    try (RawClient client = ask()) {
      assertThat(client.readHead().header("content-length")).contains("100");
      assertThatThrownBy(client::readBody).isInstanceOf(EOFException.class);
    }
    assertThat(PROVIDER.requests().getFirst().awaitEnd())
        .isEqualTo(ReceivedRequest.Ending.BROKEN_OFF);
  }

  @Test
  void resetsTheConnectionInTheMiddle() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().event("a").gate("go").reset());
    try (RawClient client = ask()) {
      client.readHead();
      client.readEvent();
      PROVIDER.gate("go").open();

      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.RESET);
    }
  }

  @Test
  void closesInOrderInTheMiddleOfChunks() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().event("a").close());
    try (RawClient client = ask()) {
      client.readHead();
      client.readEvent();

      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.CLOSED);
    }
  }

  @Test
  void closesWithoutTellingTls() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().event("a").closeWithoutNotify());
    try (RawClient client = ask()) {
      client.readHead();
      client.readEvent();

      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.RESET);
    }
  }

  @Test
  void stallsUntilTheClientLeavesAndSeesItLeave() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().event("a").stall());
    RawClient client = ask();
    client.readHead();
    client.readEvent();
    ReceivedRequest request = PROVIDER.requests().getFirst();
    assertThat(request.ending()).isEmpty();

    client.close();

    request.awaitCancelled();
  }

  @Test
  void seesAClientLeaveBeforeTheFirstByteOfTheAnswer() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.empty().gate("never").json(Map.of()));
    RawClient client = ask();
    PROVIDER.gate("never").awaitArrived();

    client.reset();

    PROVIDER.requests().getFirst().awaitCancelled();
  }

  @Test
  void seesAClientLeaveThatNoLongerReads() throws Exception {
    String large = "x".repeat(1 << 16);
    PROVIDER.when(Match.any()).answer(Script.sse().events(10_000, i -> large).done());
    RawClient client = ask();
    client.readHead();
    client.readEvent();

    client.close();

    ReceivedRequest request = PROVIDER.requests().getFirst();
    request.awaitCancelled();
    assertThat(request.answeredBytes()).isLessThan(10_000L << 16);
  }

  @Test
  void sendsAChunkWhoseSizeIsNoNumber() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.sse().event("a").malformedChunk());
    try (RawClient client = ask()) {
      client.readHead();
      client.readEvent();

      assertThatThrownBy(client::readBody)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("size");
    }
  }

  @Test
  void endsABodyWithoutFramingByClosing() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.empty().closeDelimited().body("{}"));
    try (RawClient client = ask()) {
      Head head = client.readHead();

      assertThat(head.header("content-length")).isEmpty();
      assertThat(head.header("transfer-encoding")).isEmpty();
      assertThat(client.readText()).isEqualTo("{}");
      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.CLOSED);
    }
  }

  @Test
  void declaresAWrongLength() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.empty().contentLength(2).body("{}more").close());
    try (RawClient client = ask()) {
      client.readHead();

      assertThat(client.readText()).isEqualTo("{}");
      assertThat(client.readToEnd()).asString().isEqualTo("more");
    }
  }

  @Test
  void sendsEarlyHintsBeforeTheAnswerAndTrailersAfterIt() throws Exception {
    PROVIDER
        .when(Match.any())
        .answer(
            Script.empty()
                .informational(103, Map.of("link", "</a>"))
                .trailer("x-sum", "1")
                .body("ok"));
    try (RawClient client = ask("connection: close")) {
      assertThat(client.readHead().statusLine()).isEqualTo("HTTP/1.1 103 Early Hints");
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(client.readToEnd()).asString().isEqualTo("2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n");
    }
  }

  @Test
  void sendsRawBytesAsTheyAre() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.bytes("HTTP/1.1 200\nodd\n\n").close());
    try (RawClient client = ask()) {
      assertThat(client.readToEnd()).asString().isEqualTo("HTTP/1.1 200\nodd\n\n");
    }
  }

  @Test
  void answersBeforeTheBodyHasBeenRead() throws Exception {
    PROVIDER
        .when(Match.any())
        .answer(Script.status(413).error("too large", "too_large").beforeBody());
    try (RawClient client = connect()) {
      client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n{");

      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(413);
      assertThat(head.headerValues("connection")).containsExactly("close");
      client.send(new byte[500_000]);
      assertThat(client.readText()).contains("too large");
      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.CLOSED);
    }
  }

  @Test
  void readsTheBodyOnlyWhenItsGateIsOpened() throws Exception {
    PROVIDER.when(Match.any()).answer(Script.ok(Map.of()).holdBody("body"));
    try (RawClient client = ask()) {
      PROVIDER.gate("body").awaitArrived();
      assertThat(PROVIDER.requests().getFirst().bodyLength()).isZero();

      PROVIDER.gate("body").open();

      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(PROVIDER.requests().getFirst().bodyLength()).isEqualTo(ASK.length());
    }
  }

  @Test
  void takesQueuedScriptsFirstThenTheStandingOneThenTheDefault() throws Exception {
    PROVIDER
        .when(Match.host("a.test"))
        .once(Script.status(500), Script.status(502))
        .skip(1)
        .once(Script.status(503));
    try (RawClient client = connect()) {
      assertThat(statusOf(client)).isEqualTo(500);
      assertThat(statusOf(client)).isEqualTo(502);
      assertThat(statusOf(client)).isEqualTo(200);
      assertThat(statusOf(client)).isEqualTo(503);
      assertThat(statusOf(client)).isEqualTo(200);
    }
    assertThat(PROVIDER.calls("a.test")).isEqualTo(5);
    assertThat(PROVIDER.requests())
        .extracting(request -> request.arrival().reused())
        .containsExactly(false, true, true, true, true);
  }

  @Test
  void closesIdleConnectionsWhenTold() throws Exception {
    try (RawClient client = connect()) {
      assertThat(statusOf(client)).isEqualTo(200);
      PROVIDER.requests().getFirst().awaitCompleted();

      PROVIDER.closeIdleConnections();

      client.awaitEnd();
    }
  }

  @Test
  void countsAndHashesABodyOfAnySize() throws Exception {
    byte[] megabyte = "y".repeat(1 << 20).getBytes(UTF_8);
    try (RawClient client = connect()) {
      client.send("POST /v1/audio HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 8; i++) {
        client.send("100000\r\n").send(megabyte).send("\r\n");
      }
      client.send("0\r\n\r\n");

      assertThat(client.readHead().status()).isEqualTo(200);
      ReceivedRequest request = PROVIDER.requests().getFirst();
      assertThat(request.bodyLength()).isEqualTo(8 << 20);
      assertThat(request.body()).hasSize(4 << 20);
      assertThat(request.bodySha256()).isEqualTo(sha256("y".repeat(8 << 20)));
    }
  }

  @Test
  void readsTheFieldsOfAJsonBodyTooLongToBeKept() throws Exception {
    String text = "z ".repeat(3 << 20);
    try (RawClient client = connect()) {
      client.post(
          "a.test",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}],\"model\":\"m1\"}");

      assertThat(client.readHead().header("x-emulator-model")).contains("m1");
    }
  }

  private static RawClient connect() throws IOException {
    return RawClient.connectTls(PROVIDER.port(), "a.test", PROVIDER.authority());
  }

  private static RawClient ask(String... headers) throws IOException {
    RawClient client = connect().post("a.test", ASK, headers);
    PROVIDER.awaitRequest(Match.any());
    return client;
  }

  private static int statusOf(RawClient client) throws IOException {
    int status = client.post("a.test", ASK).readHead().status();
    client.readBody();
    return status;
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
  }

  private static String gunzip(byte[] bytes) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static String inflatedPrefix(byte[] bytes, int length) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return new String(in.readNBytes(length), UTF_8);
    }
  }
}

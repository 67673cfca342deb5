package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What providers really answer: cases A and C9 of cases.md. */
class AnswersIT {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final String ASK = "{\"stream\":true," + MESSAGES + "}";
  private static final String ASK_WHOLE = "{" + MESSAGES + "}";
  private static final String TOKEN = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]";
  private static final String COMPLETION =
      "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},"
          + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5}}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider("a1.test").model("m-a1"),
              provider("a1-json.test").model("m-a1-json"),
              provider("a4.test").model("m-a4"),
              provider("a5.test").model("m-a5"),
              // A hundred handshakes and 300 MB at once: on a loaded machine they take their time.
              provider("a7.test").model("m-a7").with("timeouts: {connect: 60s}"),
              provider("a8-first.test").model("m-a8-first"),
              provider("a8-later.test").model("m-a8-later"),
              provider("a8-json.test").model("m-a8-json"),
              provider("a10-400.test").model("m-a10-400"),
              provider("a10-422.test").model("m-a10-422"),
              provider("a10-other.test").model("m-a10-other"),
              provider("a12.test").model("m-a12"),
              provider("a12-plain.test").model("m-a12-plain"),
              provider("a12-gzip.test").model("m-a12-gzip"),
              provider("c9.test").model("m-c9"),
              provider("c9-cut.test").model("m-c9-cut"),
              provider("stale.test").model("m-stale"),
              provider("errors.test").model("m-errors"))
          .build();

  @Test
  void commentsReachTheClientAtOnceAndUnchanged() throws Exception {
    PROVIDER
        .when(Match.host("a1.test"))
        .answer(
            Script.sse()
                .comment("OPENROUTER PROCESSING")
                .gate("second")
                .comment("OPENROUTER PROCESSING")
                .gate("token")
                .token("a")
                .finish("stop")
                .done());
    try (RawClient client = ask("a1.test", ASK)) {
      client.readHead();
      assertThat(client.readEvent()).isEqualTo(": OPENROUTER PROCESSING\n\n");
      PROVIDER.gate("second").open();
      assertThat(client.readEvent()).isEqualTo(": OPENROUTER PROCESSING\n\n");
      PROVIDER.gate("token").open();
      assertThat(client.readText()).startsWith("data: {").endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void blankLinesBeforeAJsonAnswerReachTheClientAtOnceAndItsUsageIsCounted() throws Exception {
    PROVIDER
        .when(Match.host("a1-json.test"))
        .answer(
            Script.empty()
                .header("content-type", "application/json")
                .body("\n")
                .gate("more")
                .body("\n")
                .body(COMPLETION));
    try (RawClient client = ask("a1-json.test", ASK_WHOLE)) {
      client.readHead();
      assertThat(client.bodyStream().read()).isEqualTo('\n');
      PROVIDER.gate("more").open();
      assertThat(client.readText()).isEqualTo("\n" + COMPLETION);
    }
    assertUsage("m-a1-json", 7, 5);
  }

  @Test
  void ofACumulativeUsageTheLastCountsAndNoChunkIsHidden() throws Exception {
    Script script = Script.sse();
    for (int i = 1; i <= 3; i++) {
      script = script.event(TOKEN + usage(10, i) + "}");
    }
    PROVIDER.when(Match.host("a4.test")).answer(script.done());
    try (RawClient client = ask("a4.test", ASK)) {
      client.readHead();
      assertThat(client.readText())
          .isEqualTo(
              "data: "
                  + TOKEN
                  + usage(10, 1)
                  + "}\n\n"
                  + "data: "
                  + TOKEN
                  + usage(10, 2)
                  + "}\n\n"
                  + "data: "
                  + TOKEN
                  + usage(10, 3)
                  + "}\n\n"
                  + "data: [DONE]\n\n");
    }
    assertUsage("m-a4", 10, 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void everyLineEndIsKeptAndEachEventLeavesWithItsBlankLine(String end) throws Exception {
    String usage = "{\"choices\":[]" + usage(4, 2) + "}";
    List<String> events =
        List.of(
            "retry: 3000" + end + end,
            "event: x" + end + "id: 7" + end + "data:" + TOKEN + "}" + end + end,
            "data: {\"choices\":" + end + "data: []}" + end + end,
            "data: [DONE]" + end + end);
    Script script = Script.sse();
    for (int i = 0; i < events.size(); i++) {
      script = script.body(events.get(i)).gate("after " + i);
    }
    PROVIDER
        .when(Match.host("a5.test"))
        .once(script, Script.sse().body("data:" + usage + end + end).body(events.getLast()));
    StringBuilder got = new StringBuilder();
    try (RawClient client = ask("a5.test", ASK)) {
      client.readHead();
      for (int i = 0; i < events.size(); i++) {
        got.append(client.readEvent());
        PROVIDER.gate("after " + i).open();
      }
      got.append(client.readText());
    }
    assertThat(got.toString()).isEqualTo(String.join("", events));

    try (RawClient client = ask("a5.test", ASK)) {
      client.readHead();
      assertThat(client.readText()).as("usage hidden").isEqualTo(events.getLast());
    }
    assertThat(CARAVAN.awaitAccesses("m-a5", 2))
        .anyMatch(access -> access.path("request_prompt_tokens").asInt() == 4);
  }

  @Test
  void aLineEndCutBetweenSegmentsAndMixedEndsAreOneEnd() throws Exception {
    String stream = "data: " + TOKEN + "}\n\r\ndata: " + TOKEN + "}\r\n\r\ndata: [DONE]\r\n\r\n";
    PROVIDER.when(Match.host("a5.test")).answer(Script.sse().oneBytePerSegment().body(stream));
    try (RawClient client = ask("a5.test", ASK)) {
      client.readHead();
      assertThat(client.readText()).isEqualTo(stream);
    }
  }

  @Test
  void charactersCutBySegmentsComeOutWhole() throws Exception {
    String event = TOKEN.replace("x", "汉字😀".repeat(50)) + "}";
    PROVIDER
        .when(Match.host("a7.test"))
        .answer(Script.sse().oneBytePerSegment().event(event).done());
    try (RawClient client = ask("a7.test", ASK)) {
      client.readHead();
      assertThat(client.readText()).isEqualTo("data: " + event + "\n\ndata: [DONE]\n\n");
    }
  }

  @Test
  void aHundredEventsOfThreeMegabytesAtOnceFitIntoASmallHeap() throws Exception {
    byte[] event =
        ("data: " + TOKEN.replace("\"x\"", '"' + "x".repeat(3_000_000) + '"') + "}\n\n")
            .getBytes(UTF_8);
    byte[] done = "data: [DONE]\n\n".getBytes(UTF_8);
    PROVIDER.when(Match.host("a7.test")).answer(Script.sse().body(event).body(done));
    MessageDigest sent = MessageDigest.getInstance("SHA-256");
    sent.update(event);
    String expected = HexFormat.of().formatHex(sent.digest(done));
    List<Future<String>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        answers.add(clients.submit(() -> digestOfStream("a7.test")));
      }
    }
    for (Future<String> answer : answers) {
      assertThat(answer.get()).isEqualTo(expected);
    }
  }

  @Test
  void anErrorAsTheFirstEventIsRelayedUnchangedAndLoggedAsAnError() throws Exception {
    String error = "{\"error\":{\"message\":\"quota exceeded\",\"code\":429}}";
    PROVIDER.when(Match.host("a8-first.test")).answer(Script.sse().event(error).done());
    try (RawClient client = ask("a8-first.test", ASK)) {
      client.readHead();
      assertThat(client.readText()).isEqualTo("data: " + error + "\n\ndata: [DONE]\n\n");
    }
    assertThat(CARAVAN.awaitAccess("m-a8-first").toString()).contains("429");
  }

  @Test
  void anErrorAfterTokensGoesThroughOnceAndTheStreamIsIncomplete() throws Exception {
    PROVIDER
        .when(Match.host("a8-later.test"))
        .answer(
            Script.sse().token("a").token("b").event("{\"error\":{\"message\":\"boom\"}}").close());
    try (RawClient client = ask("a8-later.test", ASK)) {
      client.readHead();
      String rest = new String(client.readToEnd(), UTF_8);
      assertThat(rest.split("\"error\"", -1)).hasSize(2);
      assertThat(rest).contains("boom");
    }
    assertThat(CARAVAN.awaitAccess("m-a8-later").toString()).contains("stream_incomplete");
  }

  @Test
  void anErrorInAJsonAnswerOf200IsRelayedUnchanged() {
    String error = "{\"error\":{\"message\":\"no credits\",\"code\":402}}";
    PROVIDER.when(Match.host("a8-json.test")).answer(Script.ok(error));

    HttpResponse<String> answer = CARAVAN.post("a8-json.test", ASK_WHOLE);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(error);
    assertThat(CARAVAN.awaitAccess("m-a8-json").toString()).contains("402");
  }

  @ParameterizedTest
  @CsvSource({
    "400, a10-400.test, extraneous key [include_usage] is not permitted",
    "422, a10-422.test, Unknown field: stream_options"
  })
  void aProviderThatRefusesOurStreamOptionsIsAskedOnceMoreWithoutAndRemembered(
      int status, String host, String message) throws Exception {
    PROVIDER
        .when(Match.host(host))
        .answer(
            request ->
                request.bodyText().contains("stream_options")
                    ? Script.status(status).error(message, "bad_request")
                    : Script.sse().token("a").finish("stop").done());
    for (int expected = 2; expected <= 3; expected++) {
      try (RawClient client = ask(host, ASK)) {
        assertThat(client.readHead().status()).isEqualTo(200);
        assertThat(client.readText()).endsWith("data: [DONE]\n\n");
      }
      assertThat(PROVIDER.calls(host)).isEqualTo(expected);
    }
    assertThat(CARAVAN.awaitAccess("m-" + host.replace(".test", "")).toString())
        .as("unknown, not zero")
        .doesNotContain("\"request_completion_tokens\":0");
  }

  @Test
  void aRefusalOfTheClientsOwnStreamOptionsOrOfSomethingElsePasses() {
    PROVIDER
        .when(Match.host("a10-other.test"))
        .once(
            Script.status(400).error("extraneous key [include_usage]", "bad_request"),
            Script.status(400).error("temperature is out of range", "bad_request"));

    HttpResponse<String> own =
        CARAVAN.post(
            "a10-other.test",
            "{\"stream\":true,\"stream_options\":{\"include_usage\":true}," + MESSAGES + "}");
    HttpResponse<String> other = CARAVAN.post("a10-other.test", ASK);

    assertThat(own.statusCode()).isEqualTo(400);
    assertThat(own.body()).contains("include_usage");
    assertThat(other.statusCode()).isEqualTo(400);
    assertThat(other.body()).contains("temperature");
    assertThat(PROVIDER.calls("a10-other.test")).isEqualTo(2);
  }

  @Test
  void aStreamWithoutAContentTypeIsRelayedAsItArrives() throws Exception {
    PROVIDER
        .when(Match.host("a12.test"))
        .answer(
            Script.empty()
                .sendHead()
                .event(TOKEN + "}")
                .gate("second")
                .event("{\"choices\":[]" + usage(3, 2) + "}")
                .done());
    try (RawClient client = ask("a12.test", ASK)) {
      client.readHead();
      assertThat(client.readEvent()).isEqualTo("data: " + TOKEN + "}\n\n");
      PROVIDER.gate("second").open();
      assertThat(client.readText()).isEqualTo("data: [DONE]\n\n");
    }
    assertUsage("m-a12", 3, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/event-stream", "text/plain"})
  void aStreamThatNobodyAskedForIsRelayedAsItArrives(String label) throws Exception {
    PROVIDER
        .when(Match.host("a12-plain.test"))
        .answer(
            Script.empty()
                .header("content-type", label)
                .event(TOKEN + "}")
                .gate("second")
                .event(TOKEN + "}")
                .done());
    try (RawClient client = ask("a12-plain.test", ASK_WHOLE)) {
      assertThat(client.readHead().header("content-type")).contains(label);
      client.readEvent();
      PROVIDER.gate("second").open();
      assertThat(client.readText()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void aCompressedStreamIsNotHeldBackAndSaysWhatItIs() throws Exception {
    PROVIDER
        .when(Match.host("a12-gzip.test"))
        .answer(
            Script.empty()
                .gzip()
                .eventStream()
                .event(TOKEN + "}")
                .gate("second")
                .event(TOKEN + usage(6, 4) + "}")
                .done());
    try (RawClient client = ask("a12-gzip.test", ASK)) {
      Head head = client.readHead();
      boolean gzip = head.header("content-encoding").filter("gzip"::equals).isPresent();
      InputStream body = gzip ? new GZIPInputStream(client.bodyStream(), 1) : client.bodyStream();
      String first = "data: " + TOKEN + "}\n\n";
      assertThat(new String(body.readNBytes(first.length()), UTF_8)).isEqualTo(first);

      PROVIDER.gate("second").open();

      assertThat(new String(body.readAllBytes(), UTF_8)).endsWith("data: [DONE]\n\n");
    }
    assertThat(PROVIDER.requests().getFirst().headerValues("accept-encoding"))
        .containsExactly("identity");
    assertUsage("m-a12-gzip", 6, 4);
  }

  @Test
  void aCompressedAnswerThatIsCutIsNeverEndedCleanly() throws Exception {
    byte[] whole = gzip(COMPLETION);
    PROVIDER
        .when(Match.host("a12-gzip.test"))
        .answer(
            Script.empty()
                .header("content-type", "application/json")
                .header("content-encoding", "gzip")
                .whole(Arrays.copyOf(whole, whole.length / 2)));
    try (RawClient client = ask("a12-gzip.test", ASK_WHOLE)) {
      client.readHead();
      assertThatThrownBy(client::readBody).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aCompressedStreamThatSaidItsLastWordIsWholeWithoutAChecksum() throws Exception {
    byte[] whole = gzip("data: " + TOKEN + "}\n\ndata: [DONE]\n\n");
    PROVIDER
        .when(Match.host("a12-gzip.test"))
        .answer(
            Script.empty()
                .header("content-encoding", "gzip")
                .eventStream()
                .body(Arrays.copyOf(whole, whole.length - 8)));
    try (RawClient client = ask("a12-gzip.test", ASK)) {
      client.readHead();
      assertThat(client.readText()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void earlyHintsAreNotTheAnswer() throws Exception {
    PROVIDER
        .when(Match.host("c9.test"))
        .answer(
            Script.empty()
                .informational(103, Map.of("link", "</a>"))
                .eventStream()
                .token("a")
                .finish("stop")
                .done());
    try (RawClient client = ask("c9.test", ASK)) {
      Head head = client.readHead();
      if (head.status() == 103) {
        head = client.readHead();
      }
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("link")).isEmpty();
      assertThat(client.readText()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void aClientOfHttp10GetsNoChunksButTheConnectionsEnd() throws Exception {
    PROVIDER.when(Match.host("c9.test")).answer(Script.sse().event(TOKEN + "}").done());
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          "POST / HTTP/1.0\r\nHost: c9.test\r\nContent-Type: application/json\r\nContent-Length: "
              + ASK.length()
              + "\r\n\r\n"
              + ASK);
      Head head = client.readHead();
      assertThat(head.header("transfer-encoding")).isEmpty();
      assertThat(client.readToEnd())
          .asString(UTF_8)
          .isEqualTo("data: " + TOKEN + "}\n\ndata: [DONE]\n\n");
    }
  }

  @Test
  void trailersNeverBecomeHeaders() throws Exception {
    PROVIDER
        .when(Match.host("c9.test"))
        .answer(
            Script.empty()
                .header("content-type", "application/json")
                .trailer("x-sum", "1")
                .body(COMPLETION));
    try (RawClient client = ask("c9.test", ASK_WHOLE)) {
      assertThat(client.readHead().header("x-sum")).isEmpty();
      assertThat(client.readText()).isEqualTo(COMPLETION);
    }
  }

  @Test
  void aBodyThatEndsWithTheConnectionIsWholeOrIncompleteAsItsJsonIs() throws Exception {
    PROVIDER
        .when(Match.host("c9-cut.test"))
        .once(
            Script.empty()
                .header("content-type", "application/json")
                .closeDelimited()
                .body(COMPLETION),
            Script.empty()
                .header("content-type", "application/json")
                .closeDelimited()
                .body(COMPLETION.substring(0, 40)));
    assertThat(CARAVAN.post("c9-cut.test", ASK_WHOLE).body()).isEqualTo(COMPLETION);
    try (RawClient client = ask("c9-cut.test", ASK_WHOLE)) {
      client.readToEnd();
    }
    List<JsonNode> accesses = CARAVAN.awaitAccesses("m-c9-cut", 2);
    assertThat(accesses.get(0).toString()).doesNotContain("incomplete");
    assertThat(accesses.get(1).toString()).contains("incomplete");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 429, 500, 503})
  void aProvidersErrorPassesUnchanged(int status) {
    PROVIDER
        .when(Match.host("errors.test"))
        .answer(
            Script.status(status)
                .header("retry-after", "7")
                .header("x-request-id", "r-1")
                .error("no", "why"));

    HttpResponse<String> answer = CARAVAN.post("errors.test", ASK_WHOLE);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("retry-after")).contains("7");
    assertThat(answer.headers().firstValue("x-request-id")).contains("r-1");
    assertThat(answer.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\","
                + "\"param\":null,\"code\":\"why\"}}");
  }

  @Test
  void aRedirectIsNotFollowed() {
    PROVIDER
        .when(Match.host("errors.test"))
        .answer(Script.status(307).header("location", "https://errors.test/elsewhere"));

    assertThat(CARAVAN.post("errors.test", ASK_WHOLE).statusCode()).isEqualTo(307);
    assertThat(PROVIDER.calls("errors.test")).isEqualTo(1);
  }

  @Test
  void aStaleConnectionIsReplacedOnceAndAFreshOneIsNot() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      assertThat(statusOf(client, "stale.test")).isEqualTo(200);
      PROVIDER.when(Match.host("stale.test")).once(Script.empty().close());
      assertThat(statusOf(client, "stale.test")).isEqualTo(200);
      assertThat(PROVIDER.requests())
          .extracting(request -> request.arrival().reused())
          .containsExactly(false, true, false);
      PROVIDER.when(Match.host("stale.test")).answer(Script.empty().close());
      // The repeat's connection was for it alone, so this one is fresh too: asked once.
      assertThat(statusOf(client, "stale.test")).isEqualTo(502);
      assertThat(PROVIDER.requests())
          .extracting(request -> request.arrival().reused())
          .containsExactly(false, true, false, false);
    }
  }

  private static int statusOf(RawClient client, String host) throws IOException {
    int status = client.post(host, ASK_WHOLE).readHead().status();
    client.readBody();
    return status;
  }

  private static RawClient ask(String host, String json) throws IOException {
    return CARAVAN.connect().post(host, json);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream small = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(small)) {
      gzip.write(text.getBytes(UTF_8));
    }
    return small.toByteArray();
  }

  private static void assertUsage(String model, int prompt, int completion) {
    JsonNode access = CARAVAN.awaitAccess(model);
    assertThat(access.path("request_prompt_tokens").asInt()).isEqualTo(prompt);
    assertThat(access.path("request_completion_tokens").asInt()).isEqualTo(completion);
  }

  private static String usage(int prompt, int completion) {
    return ",\"usage\":{\"prompt_tokens\":" + prompt + ",\"completion_tokens\":" + completion + "}";
  }

  private static String digestOfStream(String host) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (RawClient client = ask(host, ASK)) {
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readInto(digest::update);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}

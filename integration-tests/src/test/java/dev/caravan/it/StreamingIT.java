package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamingIT {
  private static final String HOST = "stream.test";
  private static final String ALWAYS = "always-stream.test";
  private static final String NEVER = "never-stream.test";
  private static final String USAGE = "usage.test";
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final String ASK = "{\"stream\":true," + MESSAGES + "}";
  private static final String ASK_USAGE =
      "{\"stream\":true,\"stream_options\":{\"include_usage\":true}," + MESSAGES + "}";
  private static final String ASK_WHOLE = "{" + MESSAGES + "}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider(HOST).model("m-stream").key("sk-CANARY-1"),
              provider(ALWAYS).model("m-always").stream(true),
              provider(NEVER).model("m-never").stream(false),
              provider(USAGE).model("m-usage"))
          .build();

  /** How a client leaves. */
  private enum Leaving {
    CLOSE,
    RESET,
    HALF_CLOSE;

    void leave(RawClient client) throws IOException {
      switch (this) {
        case CLOSE -> client.close();
        case RESET -> client.reset();
        case HALF_CLOSE -> client.shutdownOutput();
      }
    }
  }

  /** How a provider breaks off. */
  private enum Break {
    RESET(Script::reset),
    CLOSE(Script::close),
    CLOSE_WITHOUT_NOTIFY(Script::closeWithoutNotify),
    MALFORMED_CHUNK(script -> script.malformedChunk().stall());

    private final UnaryOperator<Script> end;

    Break(UnaryOperator<Script> end) {
      this.end = end;
    }
  }

  @Test
  void everyEventReachesTheClientBeforeTheNextIsSent() throws Exception {
    Script script = Script.sse();
    for (int i = 0; i < 20; i++) {
      script = script.gate("event " + i).token("token " + i);
    }
    PROVIDER.when(Match.host(HOST)).answer(script.gate("end").finish("stop").done());
    try (RawClient client = CARAVAN.connect().post(HOST, ASK)) {
      assertThat(client.readHead().header("content-type").orElse(""))
          .startsWith("text/event-stream");
      for (int i = 0; i < 20; i++) {
        PROVIDER.gate("event " + i).open();
        assertThat(client.readEvent()).contains("\"token " + i + "\"").endsWith("\n\n");
      }
      PROVIDER.gate("end").open();
      assertThat(client.readData()).contains("\"stop\"");
      assertThat(client.readData()).isEqualTo("[DONE]");
      assertThat(client.readBody()).isEmpty();
    }
  }

  @Test
  void theHeadReachesTheClientBeforeTheFirstEventIsSent() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(Script.sse().gate("first").token("a").finish("stop").done());
    try (RawClient client = CARAVAN.connect().post(HOST, ASK)) {
      assertThat(client.readHead().status()).isEqualTo(200);
      PROVIDER.gate("first").open();
      assertThat(client.readData()).contains("\"a\"");
      client.readBody();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesInTheMiddleCancelsTheProvidersCall(Leaving how) throws Exception {
    PROVIDER.when(Match.host(HOST)).answer(Script.sse().token("a").stall());
    try (RawClient client = CARAVAN.connect().post(HOST, ASK)) {
      client.readHead();
      client.readEvent();

      how.leave(client);

      PROVIDER.awaitRequest(Match.host(HOST)).awaitCancelled();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesBeforeTheFirstByteCancelsTheProvidersCall(Leaving how) throws Exception {
    PROVIDER.when(Match.host(HOST)).answer(Script.empty().gate("never").json("{}"));
    try (RawClient client = CARAVAN.connect().post(HOST, ASK)) {
      PROVIDER.gate("never").awaitArrived();

      how.leave(client);

      PROVIDER.awaitRequest(Match.host(HOST)).awaitCancelled();
    }
  }

  @Test
  void aClientThatNoLongerReadsHoldsItsProviderBackAndSlowsNoOther() throws Exception {
    // More than the heap: buffered without bound, it could not live.
    String large = "x".repeat(64 << 10);
    PROVIDER
        .when(Match.host(HOST).and(Match.header("x-kind", "flood")))
        .answer(Script.sse().events(4096, i -> large).done());
    try (RawClient stalled = RawClient.connectNarrow(CARAVAN.port())) {
      stalled.post(HOST, ASK, "x-kind: flood");
      stalled.readHead();
      stalled.readEvent();
      ReceivedRequest flood =
          PROVIDER.awaitRequest(Match.host(HOST).and(Match.header("x-kind", "flood")));

      for (int i = 0; i < 50; i++) {
        try (RawClient other = CARAVAN.connect().post(HOST, ASK)) {
          other.readHead();
          assertThat(new String(other.readBody())).endsWith("data: [DONE]\n\n");
        }
      }

      assertThat(flood.ending()).isEmpty();
      assertThat(flood.answeredBytes()).isLessThan(64L << 20);
      stalled.reset();
      flood.awaitCancelled();
    }
  }

  @Test
  void aStalledProviderSlowsNoOther() throws Exception {
    PROVIDER.when(Match.host(HOST)).answer(Script.sse().token("a").gate("stalled").done());
    try (RawClient waiting = CARAVAN.connect().post(HOST, ASK)) {
      waiting.readHead();
      waiting.readEvent();
      PROVIDER.gate("stalled").awaitArrived();

      for (int i = 0; i < 20; i++) {
        assertThat(CARAVAN.post(NEVER, ASK_WHOLE).statusCode()).isEqualTo(200);
      }

      PROVIDER.gate("stalled").open();
      assertThat(waiting.readData()).isEqualTo("[DONE]");
      waiting.readBody();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatTheProviderBreaksOffEndsWithAnErrorEventAndABrokenConnection(Break how)
      throws Exception {
    Script script = Script.sse().token("half").gate("break");
    PROVIDER.when(Match.host(HOST)).answer(how.end.apply(script));
    try (RawClient client = CARAVAN.connect().post(HOST, ASK)) {
      client.readHead();
      assertThat(client.readData()).contains("half");

      PROVIDER.gate("break").open();

      assertThat(client.readData()).contains("\"error\"", "\"type\":\"caravan\"");
      assertThatThrownBy(client::readBody)
          .as("a chunked body whose last chunk never comes")
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aHundredStreamsRunAtOnce() throws Exception {
    PROVIDER
        .when(Match.host(HOST))
        .answer(Script.sse().token("first").gate("all").token("last").finish("stop").done());
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        clients.add(CARAVAN.connect().post(HOST, ASK));
      }
      for (RawClient client : clients) {
        client.readHead();
        assertThat(client.readData()).contains("first");
      }
      PROVIDER.gate("all").awaitArrivals(100);
      PROVIDER.gate("all").open();
      for (RawClient client : clients) {
        assertThat(client.readData()).contains("last");
        assertThat(new String(client.readBody())).endsWith("data: [DONE]\n\n");
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void usageIsAskedForAlwaysAndShownOnlyToAClientThatAsked() throws Exception {
    String hidden = streamed(USAGE, ASK);
    String shown = streamed(USAGE, ASK_USAGE);

    assertThat(PROVIDER.requests()).allMatch(request -> request.chat().includeUsage());
    assertThat(hidden).doesNotContain("\"usage\"").endsWith("data: [DONE]\n\n");
    assertThat(shown).contains("\"usage\"");
    assertThat(CARAVAN.awaitAccesses("m-usage", 2))
        .allMatch(access -> access.path("request_completion_tokens").asInt() > 0);
  }

  @Test
  void aConfiguredStreamMakesTheAnswerAStreamEvenIfTheClientDidNotAsk() throws Exception {
    assertThat(streamed(ALWAYS, ASK_WHOLE)).endsWith("data: [DONE]\n\n");
    assertThat(PROVIDER.requests().getFirst().chat().stream()).isTrue();
  }

  @Test
  void aConfiguredNoStreamAlsoRemovesTheStreamOptions() {
    var answer = CARAVAN.post(NEVER, ASK_USAGE);

    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    assertThat(PROVIDER.requests().getFirst().bodyText())
        .doesNotContain("stream_options")
        .doesNotContain("true");
  }

  private static String streamed(String host, String ask) throws IOException {
    try (RawClient client = CARAVAN.connect().post(host, ask)) {
      client.readHead();
      return client.readText();
    }
  }
}

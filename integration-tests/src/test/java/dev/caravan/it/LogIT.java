package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.Script;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One line a request, with what it cost and nothing of what it said. */
class LogIT {
  private static final String ASK =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"CANARY-question\"}]}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider("log.test").model("m-log").key("sk-CANARY-g"),
              provider("fail.test").model("m-fail").key("sk-CANARY-g"),
              provider("left.test").model("m-left"),
              provider("late.test").model("m-late").with("timeouts: {request: 300ms}"))
          .build();

  @AfterEach
  void nothingThatWasSaidIsPrinted() {
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("CANARY"));
    assertThat(CARAVAN.management("/q/metrics").body()).doesNotContain("CANARY");
  }

  @Test
  void aStreamTellsEverythingThatItCost() throws Exception {
    PROVIDER
        .when(Match.host("log.test"))
        .answer(
            Script.sse().gate("first").token("CANARY-answer").finish("stop").usage(11, 7).done());
    Instant before = Instant.now();
    long sent;
    try (RawClient client = CARAVAN.connect()) {
      client.post(
          "LOG.test:80", ASK.replaceFirst("\\{", "{\"stream\":true,"), "X-Note: CANARY-header");
      client.readHead();
      PROVIDER.gate("first").open();
      sent = client.readBody().length;
    }
    JsonNode access = CARAVAN.awaitAccess("m-log");

    assertThat(Instant.parse(access.path("start_time").asText()))
        .isBetween(before.minusMillis(1), Instant.now());
    assertThat(access.path("method").asText()).isEqualTo("POST");
    assertThat(access.path("host").asText()).isEqualTo("log.test");
    assertThat(access.path("path").asText()).isEqualTo("/");
    assertThat(access.path("provider").asText()).isEqualTo("log.test");
    assertThat(access.path("status").asInt()).isEqualTo(200);
    assertThat(access.path("outcome").asText()).isEqualTo("complete");
    assertThat(access.path("stream").asBoolean()).isTrue();
    assertThat(access.path("request_prompt_tokens").asInt()).isEqualTo(11);
    assertThat(access.path("request_completion_tokens").asInt()).isEqualTo(7);
    assertThat(access.path("bytes_received").asInt()).isEqualTo(ASK.length() + 14);
    assertThat(access.path("bytes_sent").asLong()).isEqualTo(sent);
    double first = access.path("time_to_first_token_ms").asDouble(-1);
    assertThat(first).isPositive().isLessThanOrEqualTo(access.path("duration_ms").asDouble());
    assertThat(access.path("failure").isNull()).isTrue();
  }

  @Test
  void neitherQueryNorFragmentIsLogged() {
    CARAVAN.send(
        CARAVAN
            .request("log.test", "/v1/files?key=CANARY-query")
            .POST(BodyPublishers.ofString("{\"input\":\"CANARY-input\"}")));

    assertThat(CARAVAN.awaitLine(line -> line.contains("/v1/files")))
        .contains("\"status\":200", "\"request_model\":null");
  }

  @Test
  void aProvidersErrorIsLoggedWithoutItsBody() {
    PROVIDER
        .when(Match.host("fail.test"))
        .answer(Script.status(429).error("CANARY-message", "CANARY-code"));

    CARAVAN.post("fail.test", ASK);

    JsonNode access = CARAVAN.awaitAccess("m-fail");
    assertThat(access.path("status").asInt()).isEqualTo(429);
    assertThat(access.path("request_prompt_tokens").isNull()).as("unknown, not zero").isTrue();
  }

  @Test
  void aFailureOfCaravansOwnIsNamed() {
    PROVIDER.when(Match.host("late.test")).answer(Script.empty().stall());

    CARAVAN.post("late.test", ASK);

    JsonNode access = CARAVAN.awaitAccess("m-late");
    assertThat(access.path("status").asInt()).isEqualTo(504);
    assertThat(access.path("outcome").asText()).isEqualTo("failed");
    assertThat(access.path("failure").asText()).isEqualTo("request_timeout");
    assertThat(CARAVAN.metric("caravan_requests_total")).isNotEmpty();
  }

  @Test
  void aClientThatLeftIsNotAFailure() throws Exception {
    PROVIDER.when(Match.host("left.test")).answer(Script.empty().gate("never").json("{}"));
    try (RawClient client = CARAVAN.connect().post("left.test", ASK)) {
      PROVIDER.gate("never").awaitArrived();
      client.reset();
    }
    JsonNode access = CARAVAN.awaitAccess("m-left");
    assertThat(access.path("outcome").asText()).isEqualTo("client_gone");
    assertThat(access.path("failure").isNull()).isTrue();
  }

  @Test
  void aHostThatNobodyServesIsLoggedAndGetsNoSeriesOfItsOwn() {
    CARAVAN.post("nobody-knows.test", ASK);

    assertThat(CARAVAN.awaitLine(line -> line.contains("nobody-knows.test")))
        .contains("\"status\":404", "\"failure\":\"unknown_host\"");
    assertThat(CARAVAN.management("/q/metrics").body()).doesNotContain("nobody-knows");
  }

  @Test
  void aLineBreakOrQuoteInAPathIsNoLineOfItsOwn() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send("GET /a\"b\u0001c HTTP/1.1\r\nHost: log.test\r\n\r\n");
      client.readHead();
    }
    for (String line : List.copyOf(CARAVAN.lines())) {
      assertThat(line).doesNotContain("a\"b");
    }
  }
}

package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The four clocks of a provider. That time has passed is told by another request, whose own clock
 * is longer than the one in question, never by a sleep.
 */
class TimeoutsIT {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final String ASK = "{\"stream\":true," + MESSAGES + "}";
  private static final String ASK_WHOLE = "{" + MESSAGES + "}";
  private static final String ROLE =
      "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}";
  private static final Emulator PROVIDER = Emulator.start();

  /** Takes connections into its backlog and never looks at them. */
  private static final ServerSocket DEAF = listen(50);

  /** Its backlog is full: what connects gets no answer at all. */
  private static final ServerSocket HOLE = listen(1);

  private static final List<SocketChannel> FILLING = fill(HOLE);

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .servingFrom(address(DEAF), provider("deaf.test").with("timeouts: {connect: 300ms}"))
          .servingFrom(address(HOLE), provider("hole.test").with("timeouts: {connect: 300ms}"))
          .serving(
              provider("token.test").with("timeouts: {firstToken: 300ms}"),
              provider("idle.test").with("timeouts: {connect: 200ms, idle: 300ms}"),
              provider("total.test").with("timeouts: {request: 300ms}"),
              provider("slow-client.test").with("timeouts: {idle: 1s}"),
              provider("clock.test").with("timeouts: {request: 700ms}"),
              provider("warm.test").with("timeouts: {connect: 60s}"))
          .warmedUpBy("warm.test")
          .build();

  @AfterAll
  static void stop() throws IOException {
    for (SocketChannel each : FILLING) {
      each.close();
    }
    HOLE.close();
    DEAF.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"hole.test", "deaf.test"})
  void aProviderThatDoesNotTakeTheConnectionIsAGatewayTimeout(String host) {
    assertTimeout(CARAVAN.post(host, ASK_WHOLE), "connect_timeout");
  }

  @Test
  void aStreamThatNeverBeginsIsAGatewayTimeout() {
    PROVIDER.when(Match.host("token.test")).answer(Script.empty().stall());

    assertTimeout(CARAVAN.post("token.test", ASK), "first_token_timeout");
    PROVIDER.awaitRequest(Match.host("token.test")).awaitCancelled();
  }

  @Test
  void aStreamThatOnlySendsCommentsOwesItsFirstToken() throws Exception {
    PROVIDER.when(Match.host("token.test")).answer(Script.sse().comment("PROCESSING").stall());
    try (RawClient client = CARAVAN.connect().post("token.test", ASK)) {
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(client.readEvent()).isEqualTo(": PROCESSING\n\n");
      assertBrokenOff(client, "first_token_timeout");
    }
    PROVIDER.awaitRequest(Match.host("token.test")).awaitCancelled();
  }

  @Test
  void eventsWithoutSubstanceAreNoFirstToken() throws Exception {
    PROVIDER
        .when(Match.host("token.test"))
        .answer(Script.sse().events(Integer.MAX_VALUE, i -> ROLE));
    try (RawClient client = CARAVAN.connect().post("token.test", ASK)) {
      client.readHead();
      String data = client.readData();
      while (data.equals(ROLE)) {
        data = client.readData();
      }
      assertThat(data).contains("\"first_token_timeout\"");
      assertThatThrownBy(client::readBody).isInstanceOf(IOException.class);
    }
  }

  @Test
  void withItsFirstTokenTheClockOfTheFirstTokenEnds() throws Exception {
    PROVIDER
        .when(Match.host("token.test"))
        .answer(Script.sse().token("a").gate("later").finish("stop").done());
    try (RawClient client = CARAVAN.connect().post("token.test", ASK)) {
      client.readHead();
      client.readEvent();
      letTimePass();
      PROVIDER.gate("later").open();
      assertThat(client.readText()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void anAnswerThatIsNoStreamOwesNoFirstToken() throws Exception {
    PROVIDER.when(Match.host("token.test")).answer(Script.empty().gate("thought").json("{}"));
    try (RawClient client = CARAVAN.connect().post("token.test", ASK_WHOLE)) {
      PROVIDER.gate("thought").awaitArrived();
      letTimePass();
      PROVIDER.gate("thought").open();
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(client.readText()).isEqualTo("{}");
    }
  }

  @Test
  void aStreamThatStallsIsBrokenOffWithAnErrorEvent() throws Exception {
    PROVIDER.when(Match.host("idle.test")).answer(Script.sse().token("a").stall());
    try (RawClient client = CARAVAN.connect().post("idle.test", ASK)) {
      client.readHead();
      client.readEvent();
      assertBrokenOff(client, "idle_timeout");
    }
    PROVIDER.awaitRequest(Match.host("idle.test")).awaitCancelled();
  }

  @Test
  void anAnswerThatStallsIsNeverEndedCleanly() throws Exception {
    PROVIDER
        .when(Match.host("idle.test"))
        .answer(Script.empty().contentLength(100).body("{\"a\":").stall());
    try (RawClient client = CARAVAN.connect().post("idle.test", ASK_WHOLE)) {
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThatThrownBy(client::readBody).isInstanceOf(IOException.class);
    }
    PROVIDER.awaitRequest(Match.host("idle.test")).awaitCancelled();
  }

  @Test
  void theIdleClockHoldsForAnAnswerThatCameLateToo() throws Exception {
    PROVIDER
        .when(Match.host("idle.test"))
        .answer(Script.empty().gate("late").header("content-type", "text/plain").body("a").stall());
    try (RawClient client = CARAVAN.connect().post("idle.test", ASK_WHOLE)) {
      PROVIDER.gate("late").awaitArrived();
      letTimePass();
      PROVIDER.gate("late").open();
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThatThrownBy(client::readBody)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ended");
    }
  }

  @Test
  void aSlowClientIsNotTheProvidersSilenceAndAStallAfterwardsIs() throws Exception {
    String large = ROLE.replace("\"\"", '"' + "x".repeat(64 << 10) + '"');
    PROVIDER
        .when(Match.host("slow-client.test"))
        .answer(Script.sse().events(400, i -> large).gate("sent").token("last").stall());
    try (RawClient client = RawClient.connectNarrow(CARAVAN.port())) {
      client.post("slow-client.test", ASK);
      client.readHead();
      client.readEvent();
      ReceivedRequest flood = PROVIDER.awaitRequest(Match.host("slow-client.test"));
      letTimePass();
      letTimePass();
      assertThat(PROVIDER.gate("sent").arrivals()).as("held back by the client").isZero();
      assertThat(flood.ending()).isEmpty();

      PROVIDER.gate("sent").open();
      for (int i = 1; i < 400; i++) {
        assertThat(client.readEvent()).hasSize(large.length() + 8);
      }
      assertThat(client.readData()).contains("last");
      assertBrokenOff(client, "idle_timeout");
    }
  }

  @Test
  void aRequestThatIsNeverAnsweredIsAGatewayTimeout() {
    PROVIDER.when(Match.host("total.test")).answer(Script.empty().stall());

    assertTimeout(CARAVAN.post("total.test", ASK_WHOLE), "request_timeout");
    PROVIDER.awaitRequest(Match.host("total.test")).awaitCancelled();
  }

  @Test
  void aStreamThatNeverEndsIsBrokenOffWhenItsTimeIsOver() throws Exception {
    String token = ROLE.replace("\"\"", "\"x\"");
    PROVIDER
        .when(Match.host("total.test"))
        .answer(Script.sse().events(Integer.MAX_VALUE, i -> token));
    try (RawClient client = CARAVAN.connect().post("total.test", ASK)) {
      client.readHead();
      String data = client.readData();
      while (data.equals(token)) {
        data = client.readData();
      }
      assertThat(data).contains("\"request_timeout\"");
      assertThatThrownBy(client::readBody).isInstanceOf(IOException.class);
    }
  }

  /** Returns after more time than any clock but its own takes. */
  private static void letTimePass() {
    PROVIDER.when(Match.host("clock.test")).answer(Script.empty().stall());
    assertTimeout(CARAVAN.post("clock.test", ASK_WHOLE), "request_timeout");
  }

  private static void assertTimeout(HttpResponse<String> answer, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(504);
    assertThat(answer.body()).contains("\"type\":\"caravan\"", '"' + code + '"');
  }

  private static void assertBrokenOff(RawClient client, String code) throws IOException {
    assertThat(client.readData()).contains("\"error\"", "\"type\":\"caravan\"", '"' + code + '"');
    assertThatThrownBy(client::readBody)
        .as("a chunked body whose last chunk never comes")
        .isInstanceOf(IOException.class);
  }

  private static ServerSocket listen(int backlog) {
    try {
      return new ServerSocket(0, backlog, InetAddress.getByName("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<SocketChannel> fill(ServerSocket socket) {
    List<SocketChannel> filling = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.connect(new InetSocketAddress("127.0.0.1", socket.getLocalPort()));
        filling.add(channel);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return filling;
  }

  private static String address(ServerSocket socket) {
    return "127.0.0.1:" + socket.getLocalPort();
  }
}

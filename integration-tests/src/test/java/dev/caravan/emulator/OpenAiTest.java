package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.it.RawClient;
import dev.caravan.it.RawClient.Head;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenAiTest {
  private static final Emulator PROVIDER = Emulator.builder().plain().start();
  private static final ObjectMapper JSON = new ObjectMapper();

  @AfterEach
  void forget() {
    PROVIDER.reset();
  }

  @AfterAll
  static void stop() {
    PROVIDER.close();
  }

  @Test
  void answersAsTheProviderThatWasCalledAndTellsWhatItReceived() throws Exception {
    try (RawClient client = connect()) {
      client.post(
          "dashscope.aliyuncs.com",
          "{\"model\":\"qwen-turbo\",\"messages\":[{\"role\":\"user\",\"content\":\"Please introduce yourself.\"}]}",
          "authorization: Bearer sk-1");
      Head head = client.readHead();
      JsonNode answer = JSON.readTree(client.readBody());

      assertThat(answer.at("/choices/0/message/content").asText()).startsWith("Hello! I am Qwen,");
      assertThat(answer.path("model").asText()).isEqualTo("qwen-turbo");
      assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(3);
      assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(12);
      assertThat(head.header("x-emulator-host")).contains("dashscope.aliyuncs.com");
      assertThat(head.header("x-emulator-path")).contains("/");
      assertThat(head.header("x-emulator-model")).contains("qwen-turbo");
      assertThat(head.header("x-emulator-stream")).contains("false");
      assertThat(head.header("x-emulator-key-fingerprint"))
          .contains(ReceivedRequest.fingerprint("sk-1"));
      assertThat(head.toString()).doesNotContain("sk-1");
    }
  }

  @Test
  void streamsRoleContentFinishAndUsageOnlyIfAsked() throws Exception {
    List<JsonNode> asked =
        stream(",\"stream_options\":{\"include_usage\":true}", "x-emulator: events=2");
    List<JsonNode> unasked = stream("", "x-emulator: events=2");

    assertThat(asked).hasSize(5);
    assertThat(asked.get(0).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    assertThat(asked.get(3).at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(asked.get(4).path("choices")).isEmpty();
    assertThat(asked.get(4).at("/usage/total_tokens").asInt()).isPositive();
    assertThat(unasked).hasSize(4).noneMatch(chunk -> chunk.has("usage"));
  }

  @Test
  void callsAToolThatIsOfferedAndAnswersOnceItsResultIsThere() throws Exception {
    String tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]";
    JsonNode call = complete("{\"role\":\"user\",\"content\":\"time?\"}", tools);
    JsonNode answer = complete("{\"role\":\"tool\",\"content\":\"noon\"}", tools);

    assertThat(call.at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(call.at("/choices/0/message/tool_calls/0/function/name").asText()).isEqualTo("now");
    assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void listsModelsAndEmbedsAndEchoesEverythingElse() throws Exception {
    try (RawClient client = connect()) {
      client.send("GET /v1/models HTTP/1.1\r\nHost: a.test\r\n\r\n").readHead();
      assertThat(JSON.readTree(client.readBody()).path("data")).isNotEmpty();

      client.send(
          "POST /v1/embeddings HTTP/1.1\r\nHost: a.test\r\nContent-Length: 27\r\n\r\n{\"model\":\"e\",\"input\":\"a b\"}");
      client.readHead();
      assertThat(JSON.readTree(client.readBody()).at("/data/0/embedding")).hasSize(8);

      client.send("DELETE /x?y=1 HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer sk-2\r\n\r\n");
      client.readHead();
      String echo = client.readText();
      assertThat(echo).contains("\"DELETE\"", "\"/x?y=1\"").doesNotContain("sk-2");
    }
  }

  @Test
  void refusesWithoutAuthorizationWhereItIsRequired() throws Exception {
    try (Emulator strict = Emulator.builder().plain().requiringAuthorization().start();
        RawClient client = RawClient.connect(strict.port())) {
      assertThat(client.post("a.test", "{\"messages\":[]}").readHead().status()).isEqualTo(401);
      assertThat(client.readText()).contains("\"invalid_api_key\"");
      client.post("a.test", "{\"messages\":[]}", "authorization: Bearer k");
      assertThat(client.readHead().status()).isEqualTo(200);
    }
  }

  @Test
  void obeysTheWishesInTheRequestsOwnHeader() throws Exception {
    try (RawClient client = connect()) {
      client.post("a.test", "{\"messages\":[]}", "x-emulator: status=429;retry-after=2");
      Head head = client.readHead();
      client.readBody();

      assertThat(head.status()).isEqualTo(429);
      assertThat(head.header("retry-after")).contains("2");

      client.post("a.test", "{\"messages\":[]}", "x-emulator: tool-call");
      client.readHead();
      assertThat(client.readText()).contains("tool_calls");

      client.post("a.test", "{\"messages\":[]}", "x-emulator: sttaus=429");
      assertThat(client.readHead().status()).isEqualTo(400);
      assertThat(client.readText()).contains("sttaus");

      client.post("a.test", "{\"stream\":true,\"messages\":[]}", "x-emulator: reset;after=1");
      client.readHead();
      client.readData();
      assertThat(client.readData()).contains("Hello!");
      assertThat(client.awaitEnd()).isEqualTo(RawClient.Ending.RESET);
    }
  }

  @Test
  void continuesAnExpectantClientAndKeepsHeadersAsTheyCame() throws Exception {
    try (RawClient client = connect()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: A.test:80\r\nX-Twice: a\r\nExpect: 100-continue\r\n"
              + "x-twice: b\r\nContent-Length: 2\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(100);
      client.send("{}");
      assertThat(client.readHead().status()).isEqualTo(200);

      ReceivedRequest request = PROVIDER.requests().getFirst();
      assertThat(request.host()).isEqualTo("a.test");
      assertThat(request.headerValues("x-twice")).containsExactly("a", "b");
      assertThat(request.headers().get(1)).isEqualTo(new Header("X-Twice", "a"));
      assertThat(new String(request.rawHead(), ISO_8859_1))
          .startsWith("POST / HTTP/1.1\r\nHost: A.test:80\r\n")
          .endsWith("\r\n\r\n");
    }
  }

  private static RawClient connect() throws IOException {
    return RawClient.connect(PROVIDER.port());
  }

  private static JsonNode complete(String message, String more) throws IOException {
    try (RawClient client = connect()) {
      client.post("a.test", "{\"messages\":[" + message + "]" + more + "}").readHead();
      return JSON.readTree(client.readBody());
    }
  }

  private static List<JsonNode> stream(String more, String header) throws IOException {
    List<JsonNode> chunks = new ArrayList<>();
    try (RawClient client = connect()) {
      client.post("a.test", "{\"stream\":true,\"messages\":[]" + more + "}", header).readHead();
      for (String data = client.readData(); !data.equals("[DONE]"); data = client.readData()) {
        chunks.add(JSON.readTree(data));
      }
      assertThat(client.readBody()).isEmpty();
    }
    return chunks;
  }
}

package dev.caravan.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The three situations of the product page, with its manifests as they stand there but for the
 * keys.
 */
class ProductPageIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ASK =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"Please introduce yourself.\"}]}";
  private static final Emulator PROVIDER = Emulator.builder().requiringAuthorization().start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .manifest("LLMProvider.yaml", page("1-header-rule/LLMProvider.yaml"))
          .manifest("LLMProvider-moonshot.yaml", page("2-weighted-split/LLMProvider-moonshot.yaml"))
          .manifest("LLMRoute.yaml", page("1-header-rule/LLMRoute.yaml"))
          .manifest("LLMRoute-demo.yaml", page("2-weighted-split/LLMRoute.yaml"))
          .resolving("dashscope.aliyuncs.com", "api.moonshot.cn")
          .build();

  /** How a client outside a pod reaches Caravan. */
  private enum Way {
    HOST_HEADER {
      @Override
      HttpResponse<String> ask(String host, String... headers) {
        return CARAVAN.post(host, ASK, headers);
      }
    },
    HTTP_PROXY {
      @Override
      HttpResponse<String> ask(String host, String... headers) {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(URI.create("http://" + host))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(ASK));
        for (int i = 0; i < headers.length; i += 2) {
          request.header(headers[i], headers[i + 1]);
        }
        InetSocketAddress proxy = new InetSocketAddress("127.0.0.1", CARAVAN.port());
        try (HttpClient http = HttpClient.newBuilder().proxy(ProxySelector.of(proxy)).build()) {
          return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
      }
    };

    abstract HttpResponse<String> ask(String host, String... headers);
  }

  @ParameterizedTest
  @EnumSource
  void theDirectCallIsFilledInAndUpgradedToHttps(Way way) throws Exception {
    JsonNode answer = JSON.readTree(way.ask("dashscope.aliyuncs.com").body());

    assertThat(answer.path("model").asText()).isEqualTo("qwen1.5-72b-chat");
    assertThat(answer.at("/choices/0/message/content").asText()).startsWith("Hello! I am Qwen");
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.target()).isEqualTo("/compatible-mode/v1/chat/completions");
    assertThat(received.headerValues("host")).containsExactly("dashscope.aliyuncs.com");
    assertThat(received.arrival().sni()).isEqualTo("dashscope.aliyuncs.com");
    assertThat(received.arrival().tls()).startsWith("TLSv1.");
    assertThat(received.headerValues("authorization"))
        .containsExactly("Bearer sk-CANARY-dashscope");
  }

  @ParameterizedTest
  @EnumSource
  void aProviderNeedsNoRoute(Way way) throws Exception {
    JsonNode answer = JSON.readTree(way.ask("api.moonshot.cn").body());

    assertThat(answer.path("model").asText()).isEqualTo("moonshot-v1-8k");
    assertThat(answer.at("/choices/0/message/content").asText()).contains("Kimi");
    assertThat(PROVIDER.requests().getFirst().path()).isEqualTo("/v1/chat/completions");
  }

  @ParameterizedTest
  @EnumSource
  void subscribersGetTheirModelAndAllOthersTheDefault(Way way) throws Exception {
    String host = "dashscope.aliyuncs.com";

    assertThat(model(way.ask(host, "user-type", "subscriber"))).isEqualTo("qwen-turbo");
    assertThat(model(way.ask(host, "User-Type", "subscriber"))).isEqualTo("qwen-turbo");
    assertThat(model(way.ask(host, "user-type", "Subscriber"))).isEqualTo("qwen1.5-72b-chat");
    assertThat(model(way.ask(host, "user-type", "free"))).isEqualTo("qwen1.5-72b-chat");
    assertThat(model(way.ask(host))).isEqualTo("qwen1.5-72b-chat");
  }

  @ParameterizedTest
  @EnumSource
  void aVirtualServiceSplitsEvenlyBetweenTwoProviders(Way way) throws Exception {
    Map<String, Integer> models = new TreeMap<>();
    for (int i = 0; i < 200; i++) {
      models.merge(model(way.ask("demo-llm-server")), 1, Integer::sum);
    }

    assertThat(models).containsOnlyKeys("qwen1.5-72b-chat", "moonshot-v1-8k");
    // 200 fair coins: more than five standard deviations off once in a million runs.
    assertThat(models.values()).allSatisfy(count -> assertThat(count).isBetween(60, 140));
    assertThat(PROVIDER.calls("dashscope.aliyuncs.com"))
        .isEqualTo((long) models.get("qwen1.5-72b-chat"));
    assertThat(PROVIDER.requests(Match.host("api.moonshot.cn")))
        .allSatisfy(
            request ->
                assertThat(request.keyFingerprint())
                    .isEqualTo(ReceivedRequest.fingerprint("sk-CANARY-moonshot")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo-llm-server.default",
        "demo-llm-server.default.svc",
        "demo-llm-server.default.svc.cluster.local"
      })
  void aShortServiceNameAnswersToItsLongNamesToo(String name) throws Exception {
    assertThat(model(CARAVAN.post(name, ASK))).isIn("qwen1.5-72b-chat", "moonshot-v1-8k");
  }

  @Test
  void theAccessLogTellsModelAndTokens() throws Exception {
    CARAVAN.post("dashscope.aliyuncs.com", ASK, "user-type", "subscriber");

    JsonNode access = CARAVAN.awaitAccess("qwen-turbo");

    assertThat(access.path("request_prompt_tokens").asInt()).isEqualTo(3);
    assertThat(access.path("request_completion_tokens").asInt()).isEqualTo(12);
    assertThat(access.toString()).contains("vip-route", "dashscope.aliyuncs.com");
  }

  @Test
  void noKeyIsEverPrinted() {
    CARAVAN.post("dashscope.aliyuncs.com", ASK);
    String dump = CARAVAN.management("/caravan/config").body();

    assertThat(dump).contains("dashscope.aliyuncs.com").doesNotContain("CANARY");
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("CANARY"));
  }

  private static String model(HttpResponse<String> answer) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).path("model").asText();
  }

  /** A manifest of examples/product-page, with a key that can be searched for. */
  private static String page(String file) {
    try {
      return Files.readString(Path.of("../examples/product-page", file))
          .replace("sample-dashscope-key", "sk-CANARY-dashscope")
          .replace("sample-moonshot-key", "sk-CANARY-moonshot");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

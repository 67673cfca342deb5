package dev.caravan.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionUsage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
@Timeout(30)
class ChatTest {
  private static final String MODEL = "qwen-of-the-manifest";
  private static final String CONTENT =
      "Hello! I am Qwen, a pre-trained language model developed by Alibaba Cloud.";
  private static final long PROMPT_TOKENS = 3;
  private static final long COMPLETION_TOKENS = 12;

  @Parameter Way way;

  private OpenAIClient client;

  @AfterEach
  void closeClient() {
    if (client != null) {
      client.close();
    }
  }

  @Test
  void anAnswerComesFromTheConfiguredModel() {
    ChatCompletion answer = qwen().chat().completions().create(asked().build());

    assertThat(answer.model()).isEqualTo(MODEL);
    assertThat(answer.choices().getFirst().message().content()).contains(CONTENT);
    assertThat(answer.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertUsage(answer.usage().orElseThrow());
  }

  @Test
  void theProviderGetsTheConfiguredPathAndKey() throws NoSuchAlgorithmException {
    try (HttpResponseFor<ChatCompletion> answer =
        qwen().withRawResponse().chat().completions().create(asked().build())) {
      Headers told = answer.headers();

      assertThat(told.values("x-emulator-host")).containsExactly("dashscope.aliyuncs.com");
      assertThat(told.values("x-emulator-path"))
          .containsExactly("/compatible-mode/v1/chat/completions");
      byte[] key =
          MessageDigest.getInstance("SHA-256").digest("sample-key-of-the-manifest".getBytes(UTF_8));
      assertThat(told.values("x-emulator-key-fingerprint"))
          .containsExactly(HexFormat.of().formatHex(key).substring(0, 8));
    }
  }

  @Test
  void aStreamComesWholeAndWithoutTheUsageThatCaravanAskedFor() {
    List<ChatCompletionChunk> chunks = chunks(asked());

    assertThat(chunks)
        .allSatisfy(
            chunk -> {
              assertThat(chunk.choices()).hasSize(1);
              assertThat(chunk.usage()).isEmpty();
              assertThat(chunk.model()).isEqualTo(MODEL);
            });
    // The first chunk is the role, the last one the reason of the end.
    List<String> parts =
        chunks.subList(1, chunks.size() - 1).stream().map(ChatTest::content).toList();
    assertThat(parts).hasSize((int) COMPLETION_TOKENS);
    assertThat(String.join("", parts)).isEqualTo(CONTENT);
    assertThat(chunks.stream().filter(ChatTest::isEnd)).containsExactly(chunks.getLast());
    assertThat(chunks.getLast().choices().getFirst().finishReason())
        .contains(ChatCompletionChunk.Choice.FinishReason.STOP);
  }

  @Test
  void aStreamEndsWithTheUsageThatTheClientAskedFor() {
    List<ChatCompletionChunk> chunks =
        chunks(
            asked()
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build()));

    assertThat(chunks.subList(0, chunks.size() - 1)).allMatch(chunk -> chunk.usage().isEmpty());
    assertThat(chunks.getLast().choices()).isEmpty();
    assertUsage(chunks.getLast().usage().orElseThrow());
    assertThat(chunks.get(chunks.size() - 2)).matches(ChatTest::isEnd);
  }

  @Test
  void aChunkIsThereBeforeTheProviderSendsTheNext() {
    try (EmulatorAdmin emulator = new EmulatorAdmin()) {
      emulator.script(
          """
          {"times": 1, "steps": ["sse", {"token": "one"}, {"gate": "java"}, {"token": "two"},
            {"finish": "stop"}, "done"]}
          """);
      try (StreamResponse<ChatCompletionChunk> stream =
          qwen().chat().completions().createStreaming(asked().build())) {
        Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();

        assertThat(content(chunks.next())).isEqualTo("one");
        emulator.open("java");
        assertThat(content(chunks.next())).isEqualTo("two");
        assertThat(chunks.next()).matches(ChatTest::isEnd);
        assertThat(chunks).isExhausted();
      }
    }
  }

  @Test
  void aToolIsCalled() {
    ChatCompletion answer = qwen().chat().completions().create(offeringATool().build());

    assertThat(answer.choices().getFirst().message().content()).isEmpty();
    assertToolCall(answer);
  }

  @Test
  void aToolIsCalledInAStream() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();

    chunks(offeringATool()).forEach(accumulator::accumulate);

    assertToolCall(accumulator.chatCompletion());
  }

  @Test
  void aProviderThatLimitsTheRateThrowsRateLimitException() {
    ChatCompletionCreateParams asked =
        wishing("status=429; retry-after=7; message=slow down; code=limited").build();

    RateLimitException thrown =
        thrown(RateLimitException.class, () -> qwen().chat().completions().create(asked));

    assertThat(thrown).hasMessageContaining("slow down");
    assertThat(thrown.code()).contains("limited");
    assertThat(thrown.headers().values("retry-after")).containsExactly("7");
  }

  @Test
  void aProviderThatLimitsTheRateOfAStreamThrowsRateLimitException() {
    RateLimitException thrown =
        thrown(RateLimitException.class, () -> chunks(wishing("status=429; message=slow down")));

    assertThat(thrown).hasMessageContaining("slow down");
  }

  @Test
  void aProviderThatRefusesTheRequestThrowsBadRequestException() {
    ChatCompletionCreateParams asked =
        wishing("status=400; message=too many tokens; code=length").build();

    BadRequestException thrown =
        thrown(BadRequestException.class, () -> qwen().chat().completions().create(asked));

    assertThat(thrown).hasMessageContaining("too many tokens");
    assertThat(thrown.code()).contains("length");
  }

  @Test
  void aHostThatCaravanDoesNotServeThrowsNotFoundException() {
    client = way.clientFor("unknown.example");

    NotFoundException thrown =
        thrown(NotFoundException.class, () -> client.chat().completions().create(asked().build()));

    assertThat(thrown)
        .hasMessageContaining("no LLMProvider or LLMRoute serves the host unknown.example");
    assertThat(thrown.code()).contains("unknown_host");
    assertThat(thrown.type()).contains("caravan");
  }

  @Test
  void aRouteWithoutProviderThrowsInternalServerException() {
    client = way.clientFor("no-provider.example");

    InternalServerException thrown =
        thrown(
            InternalServerException.class,
            () -> client.chat().completions().create(asked().build()));

    assertThat(thrown.statusCode()).isEqualTo(503);
    assertThat(thrown).hasMessageContaining("missing.example");
    assertThat(thrown.code()).contains("unknown_provider");
  }

  @Test
  void aProviderThatBreaksOffIsNoEndOfTheStream() {
    List<String> parts = new ArrayList<>();
    ChatCompletionCreateParams asked = wishing("reset; after=2").build();

    SseException thrown =
        thrown(
            SseException.class,
            () -> {
              try (StreamResponse<ChatCompletionChunk> stream =
                  qwen().chat().completions().createStreaming(asked)) {
                stream.stream().map(ChatTest::content).forEach(parts::add);
              }
            });

    assertThat(String.join("", parts)).isEqualTo("Hello! I ");
    assertThat(thrown.code()).contains("upstream_closed");
  }

  private OpenAIClient qwen() {
    client = way.clientFor("dashscope.aliyuncs.com");
    return client;
  }

  private static ChatCompletionCreateParams.Builder asked() {
    return ChatCompletionCreateParams.builder()
        .model("model-of-the-client")
        .addUserMessage("Please introduce yourself.");
  }

  private static ChatCompletionCreateParams.Builder wishing(String directives) {
    return asked().putAdditionalHeader("x-emulator", directives);
  }

  private static ChatCompletionCreateParams.Builder offeringATool() {
    JsonValue city = JsonValue.from(Map.of("city", Map.of("type", "string")));
    FunctionParameters parameters =
        FunctionParameters.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty("properties", city)
            .build();
    return asked()
        .addFunctionTool(
            FunctionDefinition.builder().name("get_weather").parameters(parameters).build());
  }

  private List<ChatCompletionChunk> chunks(ChatCompletionCreateParams.Builder asked) {
    try (StreamResponse<ChatCompletionChunk> stream =
        qwen().chat().completions().createStreaming(asked.build())) {
      return stream.stream().toList();
    }
  }

  private static String content(ChatCompletionChunk chunk) {
    return chunk.choices().getFirst().delta().content().orElseThrow();
  }

  private static boolean isEnd(ChatCompletionChunk chunk) {
    return chunk.choices().getFirst().finishReason().isPresent();
  }

  private static void assertUsage(CompletionUsage usage) {
    assertThat(usage.promptTokens()).isEqualTo(PROMPT_TOKENS);
    assertThat(usage.completionTokens()).isEqualTo(COMPLETION_TOKENS);
    assertThat(usage.totalTokens()).isEqualTo(PROMPT_TOKENS + COMPLETION_TOKENS);
  }

  private static void assertToolCall(ChatCompletion answer) {
    ChatCompletion.Choice choice = answer.choices().getFirst();
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
    assertThat(choice.message().toolCalls().orElseThrow())
        .singleElement()
        .satisfies(
            call -> {
              ChatCompletionMessageFunctionToolCall.Function function =
                  call.asFunction().function();
              assertThat(function.name()).isEqualTo("get_weather");
              assertThat(function.arguments()).isEqualTo("{\"city\":\"Hangzhou\"}");
            });
  }

  private static <T extends OpenAIServiceException> T thrown(Class<T> type, Runnable call) {
    T thrown = catchThrowableOfType(type, call::run);
    assertThat(thrown).isNotNull();
    return thrown;
  }
}

package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The emulator's default behaviour: OpenAI's chat completions, models and embeddings; everything
 * else is told back. Usage is counted in words: of the messages' text, and of the answer.
 */
final class OpenAi {
  /** The model in chunks of scripts that name none. */
  static final String MODEL = "emulated";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long CREATED = 1_720_680_044L;
  private static final String ID = "chatcmpl-emulated";
  private static final int VECTOR = 8;

  private final boolean requiresAuthorization;

  OpenAi(boolean requiresAuthorization) {
    this.requiresAuthorization = requiresAuthorization;
  }

  /** The answer to a request whose body has been read. */
  Script answer(ReceivedRequest request) {
    Directives wishes;
    try {
      wishes = Directives.of(request);
      return answer(request, wishes);
    } catch (IllegalArgumentException e) {
      return Script.status(400).error(e.getMessage(), "emulator");
    }
  }

  private Script answer(ReceivedRequest request, Directives wishes) {
    if (wishes.status().isPresent()) {
      int status = wishes.status().getAsInt();
      String message = wishes.text("message", "emulated status " + status);
      return wishes
          .preface(Script.status(status))
          .error(message, wishes.text("code", "emulated_" + status));
    }
    if (requiresAuthorization && request.header("authorization").isEmpty()) {
      return Script.status(401).error("You didn't provide an API key.", "invalid_api_key");
    }
    if (request.chat().messages() && request.method().equals("POST")) {
      return chat(request, wishes);
    }
    if (request.path().endsWith("/models") && !request.method().equals("POST")) {
      return wishes.preface(Script.empty()).json(models());
    }
    if (request.path().endsWith("/embeddings") && request.chat().json()) {
      return wishes.preface(Script.empty()).json(embeddings(request));
    }
    return wishes.preface(Script.empty()).json(echo(request));
  }

  private static Script chat(ReceivedRequest request, Directives wishes) {
    Conversation conversation = Conversation.of(request, wishes);
    return request.chat().stream()
        ? stream(conversation, request.chat(), wishes)
        : completion(conversation, wishes);
  }

  private static Script completion(Conversation conversation, Directives wishes) {
    Script script = wishes.preface(Script.empty()).delay(wishes.delay());
    String json = conversation.completion().toString();
    if (!wishes.fails()) {
      return script.json(json);
    }
    if (wishes.has("error-event")) {
      return script.json(error("emulated failure", "server_error", "emulated"));
    }
    Script begun = script.header("content-type", "application/json");
    return wishes.number("after", 0) == 0
        ? wishes.fail(begun)
        : wishes.fail(begun.contentLength(json.getBytes(UTF_8).length).body(json.substring(0, 20)));
  }

  private static Script stream(Conversation conversation, ChatRequest request, Directives wishes) {
    Script script = wishes.preface(Script.empty()).eventStream();
    for (int i = 0; i < wishes.number("comments", 0); i++) {
      script = script.delay(wishes.delay()).comment("keep-alive");
    }
    List<ObjectNode> chunks = conversation.chunks(wishes.number("events", 0));
    int failure = wishes.fails() ? wishes.number("after", 0) : Integer.MAX_VALUE;
    for (int i = 0; i < chunks.size(); i++) {
      // The first chunk is the role, not content.
      if (i == failure + 1L) {
        break;
      }
      script = script.delay(wishes.delay()).event(chunks.get(i));
    }
    if (wishes.fails()) {
      return wishes.fail(script);
    }
    script = script.event(conversation.finish());
    if (request.includeUsage() && !wishes.has("no-usage")) {
      script =
          script.event(
              usageChunk(
                  conversation.model(), conversation.promptWords(), conversation.answerWords()));
    }
    return script.done();
  }

  /** An error body in OpenAI's form. */
  static ObjectNode error(String message, String type, String code) {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("error")
        .put("message", message)
        .put("type", type)
        .putNull("param")
        .put("code", code);
    return root;
  }

  /** A chunk with one choice. */
  static ObjectNode chunk(String model, Object delta, String finishReason) {
    ObjectNode chunk = chunk(model);
    ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
    choice.set("delta", JSON.valueToTree(delta));
    choice.put("finish_reason", finishReason);
    return chunk;
  }

  /** The chunk without choices that carries a stream's usage. */
  static ObjectNode usageChunk(String model, int prompt, int completion) {
    ObjectNode chunk = chunk(model);
    chunk.putArray("choices");
    chunk.set("usage", usage(prompt, completion));
    return chunk;
  }

  private static ObjectNode chunk(String model) {
    return JSON.createObjectNode()
        .put("id", ID)
        .put("object", "chat.completion.chunk")
        .put("created", CREATED)
        .put("model", model);
  }

  private static ObjectNode usage(int prompt, int completion) {
    return JSON.createObjectNode()
        .put("prompt_tokens", prompt)
        .put("completion_tokens", completion)
        .put("total_tokens", prompt + completion);
  }

  private static ObjectNode models() {
    ObjectNode list = JSON.createObjectNode().put("object", "list");
    ArrayNode data = list.putArray("data");
    for (String model : List.of("qwen1.5-72b-chat", "qwen-turbo", "moonshot-v1-8k")) {
      data.addObject()
          .put("id", model)
          .put("object", "model")
          .put("created", CREATED)
          .put("owned_by", "emulator");
    }
    return list;
  }

  private static ObjectNode embeddings(ReceivedRequest request) {
    JsonNode body = tree(request);
    List<String> inputs = new ArrayList<>();
    if (body.path("input").isArray()) {
      body.path("input").forEach(each -> inputs.add(each.asText()));
    } else {
      inputs.add(body.path("input").asText());
    }
    boolean base64 = body.path("encoding_format").asText().equals("base64");
    ObjectNode list = JSON.createObjectNode().put("object", "list");
    ArrayNode data = list.putArray("data");
    int words = 0;
    for (String input : inputs) {
      words += words(input);
      ObjectNode item = data.addObject().put("object", "embedding").put("index", data.size() - 1);
      putVector(item, input, base64);
    }
    list.put("model", request.chat().model());
    list.putObject("usage").put("prompt_tokens", words).put("total_tokens", words);
    return list;
  }

  /** A vector made of the text's hash; as base64 of little-endian floats where asked for. */
  private static void putVector(ObjectNode item, String input, boolean base64) {
    ByteBuffer bytes = ByteBuffer.allocate(VECTOR * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ArrayNode vector = JSON.createArrayNode();
    for (int i = 0; i < VECTOR; i++) {
      float value = ((input.hashCode() >>> (4 * i)) & 0xF) / 16f;
      bytes.putFloat(value);
      vector.add(value);
    }
    if (base64) {
      item.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
    } else {
      item.set("embedding", vector);
    }
  }

  private static ObjectNode echo(ReceivedRequest request) {
    ObjectNode echo =
        JSON.createObjectNode()
            .put("method", request.method())
            .put("target", request.target())
            .put("body_length", request.bodyLength())
            .put("body_sha256", request.bodySha256());
    ArrayNode headers = echo.putArray("headers");
    for (Header header : request.headers()) {
      boolean secret = header.is("authorization") || header.is("cookie");
      headers
          .addArray()
          .add(header.name())
          .add(secret ? "sha256:" + request.keyFingerprint() : header.value());
    }
    return echo;
  }

  static int words(String text) {
    String stripped = text.strip();
    return stripped.isEmpty() ? 0 : stripped.split("\\s+").length;
  }

  /** The body as a tree; a missing node where it is no JSON or too long to have been kept. */
  static JsonNode tree(ReceivedRequest request) {
    try {
      return JSON.readTree(request.body());
    } catch (IOException e) {
      return JSON.missingNode();
    }
  }

  /** What is said, by whom, in how many words. */
  record Conversation(String model, String content, String tool, int promptWords, int answerWords) {
    static Conversation of(ReceivedRequest request, Directives wishes) {
      JsonNode body = tree(request);
      // Of a body too long to be kept, an estimate that is at least always the same.
      int asked =
          body.isMissingNode()
              ? (int) (request.bodyLength() / 6)
              : promptWords(body.path("messages"));
      String content = content(request.host());
      String tool = wishes.has("tool-call") || callsTool(body) ? tool(body) : null;
      return new Conversation(request.chat().model(), content, tool, asked, words(content));
    }

    ObjectNode completion() {
      ObjectNode completion =
          JSON.createObjectNode()
              .put("id", ID)
              .put("object", "chat.completion")
              .put("created", CREATED)
              .put("model", model);
      ObjectNode choice = completion.putArray("choices").addObject().put("index", 0);
      ObjectNode message = choice.putObject("message").put("role", "assistant");
      message.put("content", tool == null ? content : null);
      if (tool != null) {
        message.set("tool_calls", toolCalls());
      }
      choice.put("finish_reason", finishReason());
      completion.set("usage", usage(promptWords, answerWords));
      return completion;
    }

    /** The role chunk, then {@code count} content chunks; 0 for one chunk a word. */
    List<ObjectNode> chunks(int count) {
      List<ObjectNode> chunks = new ArrayList<>();
      chunks.add(
          chunk(model, JSON.createObjectNode().put("role", "assistant").put("content", ""), null));
      if (tool != null) {
        chunks.add(chunk(model, Map.of("tool_calls", toolCalls()), null));
        return chunks;
      }
      for (String part : parts(count)) {
        chunks.add(chunk(model, Map.of("content", part), null));
      }
      return chunks;
    }

    ObjectNode finish() {
      return chunk(model, Map.of(), finishReason());
    }

    private String finishReason() {
      return tool == null ? "stop" : "tool_calls";
    }

    private List<String> parts(int count) {
      String[] words = content.split("(?<= )");
      if (count <= 0) {
        return List.of(words);
      }
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        parts.add(i < words.length ? words[i] : "and so on ");
      }
      for (int i = count; i < words.length; i++) {
        parts.set(count - 1, parts.get(count - 1) + words[i]);
      }
      return parts;
    }

    private ArrayNode toolCalls() {
      ArrayNode calls = JSON.createArrayNode();
      calls
          .addObject()
          .put("index", 0)
          .put("id", "call_emulated")
          .put("type", "function")
          .putObject("function")
          .put("name", tool)
          .put("arguments", "{\"city\":\"Hangzhou\"}");
      return calls;
    }

    /** As a model does: tools are offered, not declined, and their results not yet there. */
    private static boolean callsTool(JsonNode body) {
      JsonNode messages = body.path("messages");
      boolean answered = messages.path(messages.size() - 1).path("role").asText().equals("tool");
      return body.path("tools").isArray()
          && !body.path("tools").isEmpty()
          && !body.path("tool_choice").asText().equals("none")
          && !answered;
    }

    private static String tool(JsonNode body) {
      return body.path("tools").path(0).path("function").path("name").asText("get_weather");
    }

    private static int promptWords(JsonNode messages) {
      int words = 0;
      for (JsonNode message : messages) {
        JsonNode content = message.path("content");
        words += content.isTextual() ? words(content.asText()) : 0;
        for (JsonNode part : content) {
          words += words(part.path("text").asText());
        }
      }
      return words;
    }

    private static String content(String host) {
      return switch (host) {
        case "dashscope.aliyuncs.com" ->
            "Hello! I am Qwen, a pre-trained language model developed by Alibaba Cloud.";
        case "api.moonshot.cn" ->
            "Hello! I am an AI language model named Kimi. My main function is to help people"
                + " generate human-like text.";
        default -> "Hello! I am the emulated provider " + host + ".";
      };
    }
  }
}

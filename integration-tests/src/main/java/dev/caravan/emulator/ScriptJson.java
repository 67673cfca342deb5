package dev.caravan.emulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/**
 * Scripts as JSON, for tests in other languages and the demo:
 *
 * <pre>{@code
 * {"when": {"host": "p.test", "path": "/v1/chat/completions", "header": {"user-type": "a"}},
 *  "times": 1,
 *  "steps": [{"status": 429}, {"header": {"retry-after": "2"}}, {"error": "slow down"}]}
 * }</pre>
 *
 * <p>Steps are the methods of {@link Script} in kebab case. Those with an argument are objects of
 * one field ({@code {"delay": "50ms"}}), the others strings ({@code "reset"}). {@code when} is
 * optional, {@code times} too: without it the script stands until the next reset.
 */
final class ScriptJson {
  private static final Set<String> FIELDS = Set.of("when", "times", "steps");

  private ScriptJson() {}

  /**
   * Adds the rule that the JSON describes.
   *
   * @throws IllegalArgumentException naming what it does not understand
   */
  static void addTo(Emulator emulator, JsonNode json) {
    json.fieldNames()
        .forEachRemaining(
            field -> {
              if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException("unknown field \"" + field + "\"");
              }
            });
    Script script = script(json.path("steps"));
    Rule rule = emulator.when(predicate(json.path("when")));
    if (!json.has("times")) {
      rule.answer(script);
    }
    for (int i = 0; i < json.path("times").asInt(); i++) {
      rule.once(script);
    }
  }

  private static Predicate<ReceivedRequest> predicate(JsonNode when) {
    Predicate<ReceivedRequest> predicate = Match.any();
    if (when.has("host")) {
      predicate = predicate.and(Match.host(when.path("host").asText()));
    }
    if (when.has("path")) {
      predicate = predicate.and(Match.path(when.path("path").asText()));
    }
    for (Map.Entry<String, JsonNode> header : when.path("header").properties()) {
      predicate = predicate.and(Match.header(header.getKey(), header.getValue().asText()));
    }
    return predicate;
  }

  static Script script(JsonNode steps) {
    Script script = Script.empty();
    for (JsonNode step : steps) {
      script = step.isTextual() ? bare(script, step.asText()) : argued(script, step);
    }
    return script;
  }

  private static Script bare(Script script, String step) {
    return switch (step) {
      case "sse" -> script.eventStream();
      case "done" -> script.done();
      case "gzip" -> script.gzip();
      case "send-head" -> script.sendHead();
      case "close-delimited" -> script.closeDelimited();
      case "one-byte-per-segment" -> script.oneBytePerSegment();
      case "malformed-chunk" -> script.malformedChunk();
      case "stall" -> script.stall();
      case "reset" -> script.reset();
      case "close" -> script.close();
      case "truncate" -> script.truncate();
      case "close-without-notify" -> script.closeWithoutNotify();
      case "before-body" -> script.beforeBody();
      default -> throw new IllegalArgumentException("unknown step \"" + step + "\"");
    };
  }

  private static Script argued(Script script, JsonNode step) {
    if (step.size() != 1) {
      throw new IllegalArgumentException("a step has one field: " + step);
    }
    Map.Entry<String, JsonNode> field = step.properties().iterator().next();
    JsonNode value = field.getValue();
    return switch (field.getKey()) {
      case "status" -> script.with(status(value.asInt()));
      case "header" -> headers(script, value);
      case "trailer" -> trailers(script, value);
      case "informational" -> script.informational(value.asInt(), Map.of());
      case "content-length" -> script.contentLength(value.asLong());
      case "json" -> script.json(value);
      case "error" -> script.error(value.asText(), "emulated");
      case "body" -> script.body(value.asText());
      case "raw" -> script.raw(value.asText());
      case "event" -> value.isTextual() ? script.event(value.asText()) : script.event(value);
      case "comment" -> script.comment(value.asText());
      case "token" -> script.token(value.asText());
      case "finish" -> script.finish(value.asText());
      case "usage" -> script.usage(value.path(0).asInt(), value.path(1).asInt());
      case "line-end" -> script.lineEnd(value.asText());
      case "bytes-per-segment" -> script.bytesPerSegment(value.asInt());
      case "gate" -> script.gate(value.asText());
      case "delay" -> script.delay(Directives.duration(value.asText()));
      default -> throw new IllegalArgumentException("unknown step \"" + field.getKey() + "\"");
    };
  }

  private static Step status(int code) {
    return new Step.Status(code, Answer.reason(code));
  }

  private static Script headers(Script script, JsonNode values) {
    Script longer = script;
    for (Map.Entry<String, JsonNode> header : values.properties()) {
      for (String value : all(header.getValue())) {
        longer = longer.header(header.getKey(), value);
      }
    }
    return longer;
  }

  private static Script trailers(Script script, JsonNode values) {
    Script longer = script;
    for (Map.Entry<String, JsonNode> trailer : values.properties()) {
      longer = longer.trailer(trailer.getKey(), trailer.getValue().asText());
    }
    return longer;
  }

  private static Iterable<String> all(JsonNode value) {
    return value.isArray()
        ? StreamSupport.stream(value.spliterator(), false).map(JsonNode::asText).toList()
        : List.of(value.asText());
  }
}

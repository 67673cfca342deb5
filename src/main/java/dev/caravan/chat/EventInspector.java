package dev.caravan.chat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads the data of one server-sent event as a chat completion chunk. An event that is no JSON
 * object says nothing; one that is cut off says nothing either.
 */
final class EventInspector {
  private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};

  private final AnswerFacts facts;

  private Usage usage;
  private boolean usageIsObject;
  private boolean choicesEmpty;
  private boolean substance;
  private boolean finished;
  private boolean failed;
  private String errorCode;
  private String topCode;
  private String model;

  EventInspector(AnswerFacts facts) {
    this.facts = facts;
  }

  /**
   * Takes what the event says into the facts.
   *
   * @param errorEvent whether the event's type is {@code error}
   * @return whether it is a usage event: {@code usage} an object and {@code choices} an empty array
   */
  boolean inspect(byte[] bytes, int from, int to, boolean errorEvent) {
    if (isDone(bytes, from, to)) {
      facts.complete = true;
      return false;
    }
    forget();
    boolean read = read(bytes, from, to);
    if (read) {
      keep();
    }
    if (errorEvent) {
      facts.error(read && errorCode == null ? topCode : null);
    }
    return read && usageIsObject && choicesEmpty;
  }

  private static boolean isDone(byte[] bytes, int from, int to) {
    int start = from;
    int end = to;
    while (start < end && bytes[start] <= ' ' && bytes[start] >= 0) {
      start++;
    }
    while (end > start && bytes[end - 1] <= ' ' && bytes[end - 1] >= 0) {
      end--;
    }
    return Arrays.equals(bytes, start, end, DONE, 0, DONE.length);
  }

  private void forget() {
    usage = null;
    usageIsObject = false;
    choicesEmpty = false;
    substance = false;
    finished = false;
    failed = false;
    errorCode = null;
    topCode = null;
    model = null;
  }

  private void keep() {
    facts.usage(usage);
    facts.model(model);
    facts.substance |= substance;
    facts.complete |= finished;
    if (failed) {
      facts.error(errorCode);
    }
  }

  private boolean read(byte[] bytes, int from, int to) {
    try (JsonParser parser = JsonText.parser(bytes, from, to)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        member(parser, parser.currentName(), parser.nextToken());
      }
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private void member(JsonParser parser, String name, JsonToken value) throws IOException {
    switch (name) {
      case "choices" -> choices(parser, value);
      case "usage" -> {
        usageIsObject = value == JsonToken.START_OBJECT;
        if (usageIsObject) {
          usage = AnswerFacts.readUsage(parser);
        } else {
          parser.skipChildren();
        }
      }
      case "model" -> model = AnswerFacts.scalar(parser);
      case "code" -> topCode = AnswerFacts.scalar(parser);
      case "error" -> {
        failed = AnswerFacts.isError(parser, value);
        errorCode = AnswerFacts.readErrorCode(parser, value);
      }
      default -> parser.skipChildren();
    }
  }

  private void choices(JsonParser parser, JsonToken value) throws IOException {
    choicesEmpty = value == JsonToken.START_ARRAY;
    if (!choicesEmpty) {
      parser.skipChildren();
      return;
    }
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      choicesEmpty = false;
      if (t == JsonToken.START_OBJECT) {
        choice(parser);
      } else {
        parser.skipChildren();
      }
    }
  }

  private void choice(JsonParser parser) throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("delta") && value == JsonToken.START_OBJECT) {
        delta(parser);
      } else if (name.equals("finish_reason") && value != JsonToken.VALUE_NULL) {
        substance = true;
        finished = true;
        parser.skipChildren();
      } else if (name.equals("text")) {
        substance |= says(parser, value);
      } else {
        parser.skipChildren();
      }
    }
  }

  private void delta(JsonParser parser) throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "content",
            "reasoning_content",
            "reasoning",
            "tool_calls",
            "function_call",
            "refusal" ->
            substance |= says(parser, value);
        default -> parser.skipChildren();
      }
    }
  }

  /** Whether a value is a non-empty string, array or object. */
  private static boolean says(JsonParser parser, JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      return parser.getTextLength() > 0;
    }
    if (!value.isStructStart()) {
      return false;
    }
    boolean any = false;
    for (JsonToken t = parser.nextToken(); !t.isStructEnd(); t = parser.nextToken()) {
      any = true;
      parser.skipChildren();
    }
    return any;
  }
}

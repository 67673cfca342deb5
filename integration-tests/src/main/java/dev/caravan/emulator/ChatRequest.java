package dev.caravan.emulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;

/**
 * What the emulator reads of a JSON request body: top-level scalars as they stream by, so that a
 * body of any size costs no memory. Of a field given twice, the last one counts.
 *
 * @param json whether the body is a JSON object at all
 * @param model the {@code model} field, or the empty string
 * @param stream the {@code stream} field
 * @param includeUsage {@code stream_options.include_usage}
 * @param messages whether there is a {@code messages} field
 * @param tools whether there is a {@code tools} field
 */
public record ChatRequest(
    boolean json,
    String model,
    boolean stream,
    boolean includeUsage,
    boolean messages,
    boolean tools) {
  static final ChatRequest NONE = new ChatRequest(false, "", false, false, false, false);

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .build())
          .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
          .build();

  /** Reads as far as the JSON object goes; a body that is none gives {@link #NONE}. */
  static ChatRequest read(InputStream body) {
    try (JsonParser parser = FACTORY.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return NONE;
      }
      return fields(parser);
    } catch (IOException e) {
      return NONE;
    }
  }

  private static ChatRequest fields(JsonParser parser) throws IOException {
    String model = "";
    boolean stream = false;
    boolean includeUsage = false;
    boolean messages = false;
    boolean tools = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (field) {
        case "model" -> model = value == JsonToken.VALUE_STRING ? parser.getText() : "";
        case "stream" -> stream = value == JsonToken.VALUE_TRUE;
        case "messages" -> messages = value != JsonToken.VALUE_NULL;
        case "tools" -> tools = value == JsonToken.START_ARRAY;
        case "stream_options" -> includeUsage = value == JsonToken.START_OBJECT && asks(parser);
        default -> {}
      }
      parser.skipChildren();
    }
    return new ChatRequest(true, model, stream, includeUsage, messages, tools);
  }

  private static boolean asks(JsonParser options) throws IOException {
    boolean asks = false;
    while (options.nextToken() == JsonToken.FIELD_NAME) {
      boolean usage = options.currentName().equals("include_usage");
      JsonToken value = options.nextToken();
      if (usage) {
        asks = value == JsonToken.VALUE_TRUE;
      }
      options.skipChildren();
    }
    return asks;
  }
}

package dev.caravan.chat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** What is known of an answer so far; and how the members that say it are read. */
final class AnswerFacts {
  Usage usage;
  String model;
  boolean substance;
  boolean complete;
  boolean failed;
  String errorCode;

  void model(String text) {
    if (text != null && !text.isEmpty()) {
      model = text;
    }
  }

  void usage(Usage read) {
    if (read != null) {
      usage = read;
    }
  }

  void error(String code) {
    failed = true;
    if (code != null) {
      errorCode = code;
    }
  }

  /** Reads the object that begins at the parser's token; null if it counts nothing. */
  static Usage readUsage(JsonParser parser) throws IOException {
    long prompt = -1;
    long completion = -1;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "prompt_tokens", "input_tokens" -> prompt = count(parser, value, prompt);
        case "completion_tokens", "output_tokens" -> completion = count(parser, value, completion);
        default -> parser.skipChildren();
      }
    }
    boolean counted = prompt >= 0 || completion >= 0;
    return counted ? new Usage(Math.max(0, prompt), Math.max(0, completion)) : null;
  }

  /** A number of tokens in any form of number, or {@code otherwise}. */
  private static long count(JsonParser parser, JsonToken value, long otherwise) throws IOException {
    double number =
        switch (value) {
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
          case VALUE_STRING -> parser.getValueAsDouble(-1);
          default -> -1;
        };
    parser.skipChildren();
    return number >= 0 && number < 1L << 53 ? (long) number : otherwise;
  }

  /** Whether the value at the parser's token is an error at all: not null, false or "". */
  static boolean isError(JsonParser parser, JsonToken value) throws IOException {
    return switch (value) {
      case VALUE_NULL, VALUE_FALSE -> false;
      case VALUE_STRING -> parser.getTextLength() > 0;
      default -> true;
    };
  }

  /** The code, else the type, of the error at the parser's token; null if it has neither. */
  static String readErrorCode(JsonParser parser, JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return null;
    }
    String code = null;
    String type = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "code" -> code = scalar(parser);
        case "type" -> type = scalar(parser);
        default -> parser.skipChildren();
      }
    }
    return code != null ? code : type;
  }

  /** A string or number as text; null for anything else and for the empty string. */
  static String scalar(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_STRING && !token.isNumeric()) {
      parser.skipChildren();
      return null;
    }
    String text = parser.getText();
    return text.isEmpty() ? null : text;
  }
}

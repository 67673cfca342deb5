package dev.caravan.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * JSON as Jackson reads it, the judge of the scanner. A tree that keeps what a map would lose:
 * duplicate names, order, and numbers as they are spelled.
 */
sealed interface ParsedJson {
  /** A string, decoded. */
  record Text(String value) implements ParsedJson {}

  /** A number or literal as it is spelled. */
  record Plain(String spelled) implements ParsedJson {}

  /** An array. */
  record Elements(List<ParsedJson> list) implements ParsedJson {}

  /** An object. */
  record Members(List<Member> list) implements ParsedJson {}

  /** One member of an object. */
  record Member(String name, ParsedJson value) {}

  /** Jackson's own factory, strict, without its limits: a limit is no grammar. */
  JsonFactory STRICT =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /**
   * The value in {@code body}, empty if that is not one valid JSON text in UTF-8. Jackson's own
   * reader of UTF-8 lets overlong forms and surrogates pass, so the JDK's decoder judges those.
   */
  static Optional<ParsedJson> read(byte[] body) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      String unmarked = text.startsWith("\ufeff") ? text.substring(1) : text;
      try (JsonParser parser = STRICT.createParser(unmarked)) {
        if (parser.nextToken() == null) {
          return Optional.empty();
        }
        ParsedJson value = value(parser);
        return parser.nextToken() == null ? Optional.of(value) : Optional.empty();
      }
    } catch (CharacterCodingException e) {
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static ParsedJson value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_ARRAY -> {
        List<ParsedJson> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield new Elements(list);
      }
      case START_OBJECT -> {
        List<Member> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          list.add(new Member(name, value(parser)));
        }
        yield new Members(list);
      }
      case VALUE_STRING -> new Text(parser.getText());
      default -> new Plain(parser.getText());
    };
  }
}

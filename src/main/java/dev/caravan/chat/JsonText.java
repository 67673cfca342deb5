package dev.caravan.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Small JSON values as text: reading what was captured, writing what is configured. */
final class JsonText {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .recyclerPool(JsonRecyclerPools.threadLocalPool())
          .build();

  private JsonText() {}

  static JsonParser parser(byte[] bytes, int from, int to) throws IOException {
    return FACTORY.createParser(bytes, from, to - from);
  }

  /** The text of a valid JSON string, {@code raw[0, length)} with its quotes. */
  static String decode(byte[] raw, int length) {
    if (!hasEscape(raw, length)) {
      return new String(raw, 1, length - 2, StandardCharsets.UTF_8);
    }
    try (JsonParser parser = parser(raw, 0, length)) {
      parser.nextToken();
      return parser.getText();
    } catch (IOException e) {
      throw new UncheckedIOException("a string that was found valid cannot be read", e);
    }
  }

  /** The text as a JSON string in UTF-8, with its quotes. */
  static byte[] quote(String text) {
    String escaped = new String(JsonStringEncoder.getInstance().quoteAsString(text));
    return ('"' + escaped + '"').getBytes(StandardCharsets.UTF_8);
  }

  static boolean hasEscape(byte[] raw, int length) {
    for (int i = 0; i < length; i++) {
      if (raw[i] == '\\') {
        return true;
      }
    }
    return false;
  }
}

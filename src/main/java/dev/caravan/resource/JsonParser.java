package dev.caravan.resource;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.api.FieldPath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * JSON with the line of each field. Messages never quote the text of the file, which may hold keys.
 */
final class JsonParser {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final com.fasterxml.jackson.core.JsonParser tokens;
  private Map<String, Integer> lines = new HashMap<>();

  private JsonParser(com.fasterxml.jackson.core.JsonParser tokens) {
    this.tokens = tokens;
  }

  static Document.Parsed parse(String text) {
    List<Document> documents = new ArrayList<>();
    try (var tokens = JSON.createParser(text)) {
      JsonParser parser = new JsonParser(tokens);
      while (tokens.nextToken() != null) {
        parser.lines = new HashMap<>();
        int line = parser.line();
        JsonNode tree = parser.value(FieldPath.ROOT);
        documents.add(new Document(tree, line, parser.lines, Set.of()));
      }
      return new Document.Parsed(documents, null);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      return new Document.Parsed(documents, new Document.SyntaxError(line, sentence(e)));
    } catch (IOException e) {
      throw new IllegalStateException("a text in memory cannot fail to be read", e);
    }
  }

  private static String sentence(JsonProcessingException e) {
    if (e instanceof JsonEOFException) {
      return "is no valid JSON: it ends too early";
    }
    if (String.valueOf(e.getOriginalMessage()).startsWith("Duplicate")) {
      return "is no valid JSON: a key comes twice in one object";
    }
    int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
    return "is no valid JSON at column " + column;
  }

  private int line() {
    return tokens.currentTokenLocation().getLineNr();
  }

  private JsonNode value(FieldPath path) throws IOException {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (tokens.currentToken()) {
      case START_OBJECT -> object(path);
      case START_ARRAY -> array(path);
      case VALUE_STRING -> nodes.textNode(tokens.getText());
      case VALUE_NUMBER_INT -> nodes.numberNode(tokens.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> nodes.numberNode(tokens.getDecimalValue());
      case VALUE_TRUE -> nodes.booleanNode(true);
      case VALUE_FALSE -> nodes.booleanNode(false);
      default -> nodes.nullNode();
    };
  }

  private ObjectNode object(FieldPath path) throws IOException {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    while (tokens.nextToken() != JsonToken.END_OBJECT) {
      String key = tokens.currentName();
      FieldPath at = path.child(key);
      lines.put(at.text(), line());
      tokens.nextToken();
      object.set(key, value(at));
    }
    return object;
  }

  private ArrayNode array(FieldPath path) throws IOException {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    while (tokens.nextToken() != JsonToken.END_ARRAY) {
      FieldPath at = path.index(array.size());
      lines.put(at.text(), line());
      array.add(value(at));
    }
    return array;
  }
}

package dev.caravan.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One document of a file.
 *
 * @param line on which it begins
 * @param lines the line of each field, by its path
 * @param booleanKeys the paths of keys such as a bare {@code on}, which kubectl reads as {@code
 *     true}
 */
record Document(JsonNode tree, int line, Map<String, Integer> lines, Set<String> booleanKeys) {

  /**
   * The documents of a file up to the first error.
   *
   * @param error null: there was none
   */
  record Parsed(List<Document> documents, SyntaxError error) {}

  record SyntaxError(int line, String message) {}

  /** An object inside of this document, as if it were one of its own. */
  Document at(String path) {
    Map<String, Integer> below = new HashMap<>();
    String prefix = path + ".";
    lines.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            below.put(key.substring(prefix.length()), value);
          }
        });
    Set<String> keys = new HashSet<>();
    for (String key : booleanKeys) {
      if (key.startsWith(prefix)) {
        keys.add(key.substring(prefix.length()));
      }
    }
    return new Document(tree, lines.getOrDefault(path, line), below, keys);
  }

  Document withTree(JsonNode other) {
    return new Document(other, line, lines, booleanKeys);
  }
}

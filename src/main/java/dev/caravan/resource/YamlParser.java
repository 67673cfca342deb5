package dev.caravan.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.api.FieldPath;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML as kubectl reads it (sigs.k8s.io/yaml): scalars by YAML 1.1 without its base-60 numbers and
 * timestamps, duplicate keys refused, anchors and merge keys resolved. Messages never quote the
 * text of the file, which may hold keys.
 */
final class YamlParser {
  /**
   * What one document may grow to by its aliases; a document of the API server's size limit has
   * fewer.
   */
  private static final int MAX_NODES = 200_000;

  private static final int MAX_DEPTH = 100;
  private static final int MAX_ALIASES = 10_000;
  private static final int MAX_DIGITS = 1_000;
  private static final int MAX_CHARACTERS = 32 << 20;

  private int nodes;
  private Map<String, Integer> lines;
  private Set<String> booleanKeys;

  private YamlParser() {}

  static Document.Parsed parse(String text) {
    return new YamlParser().documents(text);
  }

  private Document.Parsed documents(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MAX_ALIASES);
    options.setNestingDepthLimit(MAX_DEPTH);
    options.setCodePointLimit(MAX_CHARACTERS);
    List<Document> documents = new ArrayList<>();
    try {
      var parser = new ParserImpl(new StreamReader(text), options);
      var composer = new Composer(parser, new KubernetesResolver(), options);
      while (composer.checkNode()) {
        document(composer.getNode(), documents);
      }
      return new Document.Parsed(documents, null);
    } catch (RefusedException e) {
      return new Document.Parsed(documents, new Document.SyntaxError(e.line, e.getMessage()));
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      String context = e.getContext() == null ? "" : e.getContext() + ", ";
      return new Document.Parsed(
          documents,
          new Document.SyntaxError(
              mark == null ? 1 : mark.getLine() + 1,
              "is no valid YAML: " + context + e.getProblem()));
    } catch (ReaderException e) {
      int line = 1 + (int) text.codePoints().limit(e.getPosition()).filter(c -> c == '\n').count();
      return new Document.Parsed(
          documents,
          new Document.SyntaxError(
              line,
              "is no valid YAML: the character U+%04X is not allowed".formatted(e.getCodePoint())));
    } catch (YAMLException e) {
      return new Document.Parsed(
          documents, new Document.SyntaxError(1, "is no valid YAML: it is too large or too deep"));
    }
  }

  private void document(Node node, List<Document> documents) {
    nodes = 0;
    lines = new HashMap<>();
    booleanKeys = new HashSet<>();
    JsonNode tree = convert(node, FieldPath.ROOT, 0);
    if (!tree.isNull()) {
      documents.add(new Document(tree, line(node), lines, booleanKeys));
    }
  }

  private JsonNode convert(Node node, FieldPath path, int depth) {
    enter(node, depth);
    return switch (node) {
      case MappingNode mapping -> object(mapping, path, depth);
      case SequenceNode sequence -> {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Node item : sequence.getValue()) {
          FieldPath at = path.index(array.size());
          lines.put(at.text(), line(item));
          array.add(convert(item, at, depth + 1));
        }
        yield array;
      }
      case ScalarNode scalar -> scalar(scalar);
      default -> throw new RefusedException(node, "has a node of an unknown kind");
    };
  }

  private void enter(Node node, int depth) {
    if (++nodes > MAX_NODES) {
      throw new RefusedException(node, "grows too large by its aliases");
    }
    if (depth > MAX_DEPTH) {
      throw new RefusedException(node, "is nested too deeply, or an alias refers to itself");
    }
  }

  private ObjectNode object(MappingNode mapping, FieldPath path, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    List<Node> merged = new ArrayList<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
        merged.add(tuple.getValueNode());
        continue;
      }
      String key = key(tuple.getKeyNode());
      FieldPath at = path.child(key);
      if (object.has(key)) {
        throw new RefusedException(
            tuple.getKeyNode(),
            "has the key \"%s\" twice, here and on line %d".formatted(key, lines.get(at.text())));
      }
      lines.put(at.text(), line(tuple.getKeyNode()));
      if (tuple.getKeyNode().getTag().equals(Tag.BOOL)) {
        booleanKeys.add(at.text());
      }
      object.set(key, convert(tuple.getValueNode(), at, depth + 1));
    }
    merged.forEach(source -> merge(source, object, path, depth));
    return object;
  }

  /**
   * A merge key fills in what the mapping does not have; of several sources the first one counts.
   */
  private void merge(Node source, ObjectNode into, FieldPath path, int depth) {
    switch (source) {
      case SequenceNode sources -> {
        enter(sources, depth);
        sources.getValue().forEach(one -> merge(one, into, path, depth + 1));
      }
      case MappingNode mapping -> {
        enter(mapping, depth);
        Map<String, Integer> own = Map.copyOf(lines);
        ObjectNode filled = object(mapping, path, depth + 1);
        lines.putAll(own);
        filled.properties().stream()
            .filter(field -> !into.has(field.getKey()))
            .forEach(field -> into.set(field.getKey(), field.getValue()));
      }
      default -> throw new RefusedException(source, "has a merge key (<<) that is no mapping");
    }
  }

  private static String key(Node key) {
    if (!(key instanceof ScalarNode scalar) || key.getTag().equals(Tag.NULL)) {
      throw new RefusedException(key, "has a key that is no text");
    }
    return scalar.getValue();
  }

  private static JsonNode scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    Tag tag = scalar.getTag();
    boolean number = tag.equals(Tag.INT) || tag.equals(Tag.FLOAT);
    if (number && text.length() > MAX_DIGITS) {
      throw new RefusedException(scalar, "has a number of too many digits");
    }
    try {
      if (tag.equals(Tag.NULL)) {
        return nodes.nullNode();
      } else if (tag.equals(Tag.BOOL)) {
        return nodes.booleanNode(KubernetesResolver.isTrue(text));
      } else if (tag.equals(Tag.INT)) {
        return nodes.numberNode(KubernetesResolver.integer(text));
      } else if (tag.equals(Tag.FLOAT)) {
        return nodes.numberNode(new BigDecimal(text.replace("_", "")));
      }
      return nodes.textNode(text);
    } catch (NumberFormatException e) {
      throw new RefusedException(scalar, "has a number that JSON cannot hold");
    }
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static final class RefusedException extends RuntimeException {
    private final int line;

    RefusedException(Node node, String message) {
      super(message);
      this.line = YamlParser.line(node);
    }
  }

  /** Which plain scalars are no text. */
  private static final class KubernetesResolver extends Resolver {
    private static final Pattern INTEGER =
        Pattern.compile("[-+]?(?:0|[1-9][0-9_]*|0o?[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)");
    private static final Pattern NUMBER =
        Pattern.compile(
            "[-+]?(?:\\.[0-9][0-9_]*|[0-9][0-9_]*(?:\\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
                + "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");

    @Override
    protected void addImplicitResolvers() {
      addImplicitResolver(Tag.BOOL, BOOL, "yYnNtTfFoO");
      addImplicitResolver(Tag.INT, INTEGER, "-+0123456789");
      addImplicitResolver(Tag.FLOAT, NUMBER, "-+0123456789.");
      addImplicitResolver(Tag.MERGE, MERGE, "<");
      addImplicitResolver(Tag.NULL, NULL, "~nN\0");
      addImplicitResolver(Tag.NULL, EMPTY, null);
    }

    static boolean isTrue(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on" -> true;
        default -> false;
      };
    }

    static BigInteger integer(String text) {
      String digits = text.replace("_", "");
      boolean negative = digits.startsWith("-");
      digits = digits.replaceFirst("^[-+]", "");
      int radix = 10;
      if (digits.startsWith("0x") || digits.startsWith("0b") || digits.startsWith("0o")) {
        radix = digits.charAt(1) == 'x' ? 16 : digits.charAt(1) == 'b' ? 2 : 8;
        digits = digits.substring(2);
      } else if (digits.length() > 1 && digits.charAt(0) == '0') {
        radix = 8;
      }
      BigInteger value = new BigInteger(digits, radix);
      return negative ? value.negate() : value;
    }
  }
}

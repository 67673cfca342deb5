package dev.caravan.resource;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.api.FieldPath;
import dev.caravan.api.Problem;
import dev.caravan.api.Resource;
import dev.caravan.api.Sensitive;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads a spec into its records as an API server would: types are not converted, a null is an
 * absent field, an unknown field is ignored with a warning. All errors are found in one go, which
 * Jackson alone, ending at the first, does not do; so the tree is checked against the records first
 * and bound by Jackson afterwards.
 */
public final class SpecReader {
  private static final Pattern FIELD_NAME = Pattern.compile("[A-Za-z0-9_]+");
  private static final ObjectMapper JACKSON = new ObjectMapper();

  private final Resource<?> resource;
  private final Set<String> booleanKeys;
  private final List<Problem> problems = new ArrayList<>();

  private SpecReader(Resource<?> resource, Set<String> booleanKeys) {
    this.resource = resource;
    this.booleanKeys = booleanKeys;
  }

  /**
   * @param resource without its spec; problems are told of it
   * @return null if there is an error
   */
  public static <S> S read(
      JsonNode spec,
      Class<S> type,
      Resource<?> resource,
      Set<String> booleanKeys,
      List<Problem> problems) {
    SpecReader reader = new SpecReader(resource, booleanKeys);
    S read = reader.read(spec, type);
    problems.addAll(reader.problems);
    return read;
  }

  private <S> S read(JsonNode spec, Class<S> type) {
    if (spec == null || spec.isNull()) {
      error(FieldPath.SPEC, "is required");
      return null;
    }
    JsonNode checked = check(spec, type, FieldPath.SPEC, false);
    if (problems.stream().anyMatch(Problem::isError)) {
      return null;
    }
    try {
      return JACKSON.treeToValue(checked, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "the check and the records differ on " + type.getSimpleName(), e);
    }
  }

  private JsonNode check(JsonNode node, Type type, FieldPath path, boolean sensitive) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return generic.getRawType() == List.class
          ? list(node, arguments[0], path)
          : map(node, arguments[1], path);
    }
    Class<?> plain = (Class<?>) type;
    if (plain.isRecord()) {
      return record(node, plain, path);
    }
    boolean right;
    if (plain == Integer.class) {
      return integer(node, path);
    } else if (plain == Boolean.class) {
      right = expect(node.isBoolean(), node, path, "true or false", sensitive);
    } else if (plain.isEnum()) {
      return constant(node, plain, path);
    } else {
      right = expect(node.isTextual(), node, path, "a string", sensitive);
    }
    return right ? node : null;
  }

  private JsonNode record(JsonNode node, Class<?> type, FieldPath path) {
    if (!expect(node.isObject(), node, path, "a mapping", false)) {
      return null;
    }
    Map<String, RecordComponent> components = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      components.put(component.getName(), component);
    }
    ObjectNode checked = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      FieldPath at = path.child(field.getKey());
      RecordComponent component = components.get(field.getKey());
      warnOfBooleanKey(at, field.getKey());
      if (component == null) {
        warnOfUnknownField(path, field.getKey(), components.keySet());
      } else if (!field.getValue().isNull()) {
        boolean sensitive = component.isAnnotationPresent(Sensitive.class);
        checked.set(
            field.getKey(), check(field.getValue(), component.getGenericType(), at, sensitive));
      }
    }
    return checked;
  }

  private void warnOfUnknownField(FieldPath path, String name, Set<String> known) {
    if (FIELD_NAME.matcher(name).matches()) {
      warning(
          Reason.UNKNOWN_FIELD,
          path.child(name),
          "there is no such field, it is ignored" + DidYouMean.suffix(name, known));
    } else {
      // "apiKey sk-1", for instance: where a colon or a space is missing, the value is in the name.
      warning(
          Reason.UNKNOWN_FIELD,
          path,
          "has an entry whose name cannot be a field's, it is ignored; write entries as name: value");
    }
  }

  private JsonNode list(JsonNode node, Type item, FieldPath path) {
    if (!expect(node.isArray(), node, path, "a list", false)) {
      return null;
    }
    ArrayNode checked = JsonNodeFactory.instance.arrayNode();
    for (JsonNode element : node) {
      checked.add(check(element, item, path.index(checked.size()), false));
    }
    return checked;
  }

  private JsonNode map(JsonNode node, Type value, FieldPath path) {
    if (!expect(node.isObject(), node, path, "a mapping", false)) {
      return null;
    }
    ObjectNode checked = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      FieldPath at = path.child(entry.getKey());
      warnOfBooleanKey(at, entry.getKey());
      checked.set(entry.getKey(), check(entry.getValue(), value, at, false));
    }
    return checked;
  }

  private JsonNode integer(JsonNode node, FieldPath path) {
    if (!expect(node.isNumber(), node, path, "a whole number", false)) {
      return null;
    }
    try {
      return JsonNodeFactory.instance.numberNode(node.decimalValue().intValueExact());
    } catch (ArithmeticException e) {
      BigDecimal value = node.decimalValue();
      boolean whole = value.stripTrailingZeros().scale() <= 0;
      error(
          path,
          whole
              ? "must be between -2147483648 and 2147483647, not %s".formatted(shown(node))
              : "must be a whole number, not %s".formatted(shown(node)));
      return null;
    }
  }

  private JsonNode constant(JsonNode node, Class<?> type, FieldPath path) {
    List<String> names =
        Stream.of(type.getFields()).filter(Field::isEnumConstant).map(SpecReader::nameOf).toList();
    String allowed = "one of " + String.join(", ", names);
    if (!expect(node.isTextual(), node, path, allowed, false)) {
      return null;
    }
    if (!names.contains(node.textValue())) {
      error(
          path,
          "must be %s, not %s%s"
              .formatted(allowed, shown(node), DidYouMean.suffix(node.textValue(), names)));
      return null;
    }
    return node;
  }

  private static String nameOf(Field constant) {
    JsonProperty property = constant.getAnnotation(JsonProperty.class);
    return property == null ? constant.getName() : property.value();
  }

  private boolean expect(
      boolean right, JsonNode node, FieldPath path, String what, boolean sensitive) {
    if (!right) {
      error(
          path,
          "must be %s, not %s%s"
              .formatted(what, sensitive ? kindOf(node) : describe(node), advice(node, what)));
    }
    return right;
  }

  private static String advice(JsonNode node, String what) {
    boolean wantsText = what.equals("a string") || what.startsWith("one of");
    if (wantsText && (node.isNumber() || node.isBoolean())) {
      return "; write it in quotes";
    }
    if (node.isTextual() && (what.equals("a whole number") || what.equals("true or false"))) {
      String text = node.textValue();
      return text.matches("-?\\d+|true|false") ? "; write it without quotes" : "";
    }
    return "";
  }

  private static String describe(JsonNode node) {
    return switch (node.getNodeType()) {
      case NUMBER -> "the number " + shown(node);
      case BOOLEAN -> "the boolean " + shown(node);
      case STRING -> "the string " + shown(node);
      default -> kindOf(node);
    };
  }

  private static String kindOf(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "a mapping";
      case ARRAY -> "a list";
      case NUMBER -> "a number";
      case BOOLEAN -> "a boolean";
      case STRING -> "a string";
      default -> "empty (null)";
    };
  }

  private static String shown(JsonNode node) {
    String text = node.toString();
    return text.length() > 80 ? text.substring(0, 80) + "…" : text;
  }

  private void warnOfBooleanKey(FieldPath path, String key) {
    if (booleanKeys.contains(path.text())) {
      warning(
          Reason.BOOLEAN_KEY,
          path,
          "kubectl reads the bare key %s as a boolean; write it in quotes: \"%s\""
              .formatted(key, key));
    }
  }

  private void error(FieldPath path, String message) {
    problems.add(Problem.error(resource, Reason.WRONG_TYPE, path, message));
  }

  private void warning(String reason, FieldPath path, String message) {
    problems.add(Problem.warning(resource, reason, path, message));
  }
}

package dev.caravan.api;

import java.util.regex.Pattern;

/** The path of a field in a resource, written as {@code spec.rules[0].backendRefs[1].weight}. */
public record FieldPath(String text) {
  public static final FieldPath ROOT = new FieldPath("");
  public static final FieldPath SPEC = new FieldPath("spec");
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]+");

  /**
   * A field, or a key of a map; a key with other characters than letters, digits, - and _ is
   * quoted.
   */
  public FieldPath child(String name) {
    if (!PLAIN.matcher(name).matches()) {
      return new FieldPath(text + "[\"" + name + "\"]");
    }
    return new FieldPath(text.isEmpty() ? name : text + "." + name);
  }

  public FieldPath index(int index) {
    return new FieldPath(text + "[" + index + "]");
  }

  static String parentOf(String path) {
    if (path.endsWith("\"]")) {
      return path.substring(0, Math.max(0, path.lastIndexOf("[\"")));
    }
    int cut = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
    return cut < 0 ? "" : path.substring(0, cut);
  }

  @Override
  public String toString() {
    return text;
  }
}

package dev.caravan.plan;

import com.google.re2j.Pattern;

/** A condition on one value. Upper and lower case differ; an absent value matches nothing. */
public sealed interface ValueMatch {
  /**
   * @param value null: absent
   */
  boolean matches(String value);

  /** The condition without the name of what it is on: {@code = subscriber}. */
  String describe();

  /** The whole value. */
  record Exact(String value) implements ValueMatch {
    @Override
    public boolean matches(String actual) {
      return value.equals(actual);
    }

    @Override
    public String describe() {
      return "= " + value;
    }

    @Override
    public String toString() {
      return describe();
    }
  }

  /** The beginning of the value. */
  record Prefix(String value) implements ValueMatch {
    @Override
    public boolean matches(String actual) {
      return actual != null && actual.startsWith(value);
    }

    @Override
    public String describe() {
      return "starts with " + value;
    }

    @Override
    public String toString() {
      return describe();
    }
  }

  /** The whole value against an RE2 expression: linear time, whatever the value. */
  record Regex(Pattern pattern) implements ValueMatch {
    /**
     * @throws com.google.re2j.PatternSyntaxException if it is none
     */
    public static Regex of(String expression) {
      return new Regex(Pattern.compile(expression));
    }

    @Override
    public boolean matches(String actual) {
      return actual != null && pattern.matches(actual);
    }

    @Override
    public String describe() {
      return "matches " + pattern.pattern();
    }

    @Override
    public String toString() {
      return describe();
    }
  }

  /** Any value, the empty one included. */
  record Present() implements ValueMatch {
    @Override
    public boolean matches(String actual) {
      return actual != null;
    }

    @Override
    public String describe() {
      return "is present";
    }

    @Override
    public String toString() {
      return describe();
    }
  }
}

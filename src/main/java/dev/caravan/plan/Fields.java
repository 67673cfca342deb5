package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import java.time.Duration;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Reads single values of a spec; what is wrong goes to the findings and gives null (or the
 * default).
 */
final class Fields {
  private static final Pattern KUBERNETES_NAME =
      Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
  private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

  private final Findings findings;

  Fields(Findings findings) {
    this.findings = findings;
  }

  /** A required host. */
  HostName host(String value, FieldPath path) {
    if (value == null) {
      findings.invalid(path, "is required: a host name such as dashscope.aliyuncs.com");
      return null;
    }
    return parse(value, path, HostName::of);
  }

  /** A host with or without a port, as a Host header has it; null if absent. */
  String hostHeader(String value, FieldPath path) {
    if (value == null) {
      return null;
    }
    int colon = value.indexOf(':');
    if (colon < 0 || colon != value.lastIndexOf(':')) {
      HostName host = parse(value, path, HostName::of);
      return host == null ? null : host.text();
    }
    return parse(
        value,
        path,
        text -> {
          String port = text.substring(colon + 1);
          if (!port.matches("\\d{1,5}")
              || Integer.parseInt(port) < 1
              || Integer.parseInt(port) > 65535) {
            throw new IllegalArgumentException("must have a port of 1 to 65535 after the colon");
          }
          return HostName.of(text.substring(0, colon)) + ":" + Integer.parseInt(port);
        });
  }

  Duration duration(String value, FieldPath path, Duration ifAbsent) {
    Duration read = value == null ? null : parse(value, path, GoDuration::parse);
    return read == null ? ifAbsent : read;
  }

  int number(Integer value, FieldPath path, int min, int max, int ifAbsent) {
    if (value == null) {
      return ifAbsent;
    }
    if (value < min || value > max) {
      findings.invalid(
          path,
          max == Integer.MAX_VALUE
              ? "must be at least %d, not %d"
              : "must be %1$d to %3$d, not %2$d",
          min,
          value,
          max);
      return ifAbsent;
    }
    return value;
  }

  String path(String value, FieldPath path, String ifAbsent) {
    if (value == null) {
      return ifAbsent;
    }
    if (!value.startsWith("/")) {
      findings.invalid(path, "must begin with /, not %s", quote(value));
    } else if (value.chars().anyMatch(c -> c <= ' ' || c > '~' || c == '?' || c == '#')) {
      findings.invalid(
          path, "must be a path without query, # and spaces, in ASCII, not %s", quote(value));
    }
    return value;
  }

  /** Any text but an empty one and one with control characters. */
  String text(String value, FieldPath path) {
    if (value == null) {
      return null;
    }
    if (value.isBlank()) {
      findings.invalid(path, "must not be empty; leave the field out instead");
    } else if (value.chars().anyMatch(Character::isISOControl)) {
      findings.invalid(path, "must not have control characters: %s", quote(value));
    }
    return value;
  }

  /** The name of an object in Kubernetes. */
  String name(String value, FieldPath path, String what, String ifAbsent) {
    if (value == null) {
      if (ifAbsent == null) {
        findings.invalid(path, "is required: %s", what);
      }
      return ifAbsent;
    }
    if (!isName(value)) {
      findings.invalid(path, "must be %s, not %s", what, quote(value));
    }
    return value;
  }

  static boolean isName(String value) {
    return value.length() <= 253 && KUBERNETES_NAME.matcher(value).matches();
  }

  static boolean isHeaderName(String value) {
    return HEADER_NAME.matcher(value).matches();
  }

  private <T> T parse(String value, FieldPath path, Function<String, T> parser) {
    try {
      return parser.apply(value);
    } catch (IllegalArgumentException e) {
      findings.invalid(path, "%s %s", quote(value), e.getMessage());
      return null;
    }
  }

  /** The value in quotes, control characters made visible, and no longer than a line. */
  static String quote(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    value
        .codePoints()
        .limit(80)
        .forEach(
            c -> {
              if (Character.isISOControl(c)) {
                quoted.append("\\u%04X".formatted(c));
              } else {
                quoted.appendCodePoint(c);
              }
            });
    return quoted.append(value.codePointCount(0, value.length()) > 80 ? "…\"" : "\"").toString();
  }
}

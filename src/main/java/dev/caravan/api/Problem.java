package dev.caravan.api;

import java.util.Comparator;

/**
 * Something wrong with a resource or a file.
 *
 * @param resource the resource it is about; null if it is about a file
 * @param reason one constant CamelCase word, fit for a condition's reason and a metric's label
 * @param path the field, such as {@code spec.rules[0].backendRefs[1].weight}; empty if it is about
 *     the whole
 * @param message a sentence that names the offending value (never a key)
 * @param location null if the resource was not read from a file
 */
public record Problem(
    Severity severity,
    ResourceId resource,
    String reason,
    String path,
    String message,
    Location location) {
  /** By file, line, resource, path and message: the same problems always come in the same order. */
  public static final Comparator<Problem> ORDER =
      Comparator.comparing(
              Problem::location,
              Comparator.nullsLast(
                  Comparator.comparing(Location::file).thenComparingInt(Location::line)))
          .thenComparing(Problem::resource, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(Problem::path)
          .thenComparing(Problem::message);

  /** An ERROR keeps (a part of) the resource from being used; a WARNING does not. */
  public enum Severity {
    ERROR,
    WARNING
  }

  public static Problem error(Resource<?> at, String reason, FieldPath path, String message) {
    return of(Severity.ERROR, at, reason, path, message);
  }

  public static Problem warning(Resource<?> at, String reason, FieldPath path, String message) {
    return of(Severity.WARNING, at, reason, path, message);
  }

  public static Problem of(
      Severity severity, Resource<?> at, String reason, FieldPath path, String message) {
    return new Problem(
        severity, at.id(), reason, path.text(), message, at.origin().locate(path.text()));
  }

  public boolean isError() {
    return severity == Severity.ERROR;
  }

  /** {@code file:line: Kind/name: spec.path: sentence}, without the parts that there are not. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    if (location != null) {
      line.append(location).append(": ");
    }
    if (resource != null) {
      line.append(resource.kindAndName()).append(": ");
    }
    if (!path.isEmpty()) {
      line.append(path).append(": ");
    }
    if (severity == Severity.WARNING) {
      line.append("warning: ");
    }
    return line.append(message).toString();
  }
}

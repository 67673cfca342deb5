package dev.caravan.api;

import java.util.Map;

/**
 * Where a resource was read, and where each of its fields stands.
 *
 * @param file the file as the user named it; null for a resource from an API server
 * @param line the line on which the resource begins; 0 without a file
 * @param lines line by field path, such as {@code spec.rules[0].name}; may be empty
 * @param version which state of it the API server gave; null for a resource from a file
 * @param stale true if the file cannot be read any more and this is what the last good read of it
 *     held
 */
public record Origin(
    String file, int line, Map<String, Integer> lines, Version version, boolean stale) {
  /**
   * One state of an object of the API server.
   *
   * @param uid of the object; another one of the same name has another
   * @param generation counts the changes of its spec
   * @param resourceVersion changes with everything, status and annotations included
   */
  public record Version(String uid, long generation, String resourceVersion) {}

  public Origin {
    lines = Map.copyOf(lines);
  }

  public static Origin ofFile(String file, int line, Map<String, Integer> lines) {
    return new Origin(file, line, lines, null, false);
  }

  public static Origin ofApiServer(Version version) {
    return new Origin(null, 0, Map.of(), version, false);
  }

  public Origin asStale() {
    return new Origin(file, line, lines, version, true);
  }

  /**
   * Where the field stands, or the nearest one around it that does exist (a missing field is
   * reported where it should have been).
   *
   * @return null for a resource that was not read from a file
   */
  public Location locate(String path) {
    if (file == null) {
      return null;
    }
    for (String at = path; !at.isEmpty(); at = FieldPath.parentOf(at)) {
      Integer found = lines.get(at);
      if (found != null) {
        return new Location(file, found);
      }
    }
    return new Location(file, line);
  }

  /** Without the line index, which would drown everything else in a log. */
  @Override
  public String toString() {
    return file == null ? "resourceVersion " + version.resourceVersion() : file + ":" + line;
  }
}

package dev.caravan.http;

import io.vertx.core.MultiMap;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which header fields may cross the proxy (RFC 9110, 7.6.1), in either direction. */
final class HeaderRules {
  private static final Set<String> CONNECTION_BOUND =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authorization",
          "proxy-authenticate",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings",
          "content-length");

  private HeaderRules() {}

  /**
   * Copies what is end-to-end; framing ({@code content-length}) is the caller's business.
   *
   * @param alsoDropped lower-case names that stay behind too
   */
  static void copyEndToEnd(MultiMap from, MultiMap to, Set<String> alsoDropped) {
    Set<String> named = namedByConnection(from);
    for (Map.Entry<String, String> field : from) {
      String name = lowerCase(field.getKey());
      if (!CONNECTION_BOUND.contains(name)
          && !alsoDropped.contains(name)
          && !named.contains(name)) {
        to.add(field.getKey(), field.getValue());
      }
    }
  }

  private static Set<String> namedByConnection(MultiMap headers) {
    String value = headers.get("connection");
    if (value == null || value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) {
      return Set.of();
    }
    return new HashSet<>(
        Arrays.asList(
            String.join(",", headers.getAll("connection"))
                .toLowerCase(Locale.ROOT)
                .trim()
                .split("\\s*,\\s*")));
  }

  private static String lowerCase(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return name.toLowerCase(Locale.ROOT);
      }
    }
    return name;
  }
}

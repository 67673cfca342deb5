package dev.caravan.http;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;

/**
 * Where a request wants to go.
 *
 * @param host lower case, without port and trailing dot; an IPv6 literal keeps its brackets
 * @param path as the client sent it, with a leading slash (or {@code *})
 * @param query as the client sent it, without the question mark; null when there is none
 */
public record RequestTarget(String host, String path, String query) {

  /**
   * Reads the request line's target and the Host header (RFC 9112, 3.2): an absolute-form target
   * wins over Host.
   *
   * @throws FailureException {@link Failure#MALFORMED_REQUEST} when there is no host or there are
   *     two that differ
   */
  static RequestTarget of(String uri, MultiMap headers) throws FailureException {
    String hostHeader = hostHeader(headers);
    int scheme = uri.startsWith("/") ? -1 : uri.indexOf("://");
    if (scheme <= 0) {
      if (hostHeader == null) {
        throw Failure.MALFORMED_REQUEST.because("the request has no Host header");
      }
      return of(hostHeader, uri);
    }
    int start = scheme + 3;
    int end = start;
    while (end < uri.length() && "/?#".indexOf(uri.charAt(end)) < 0) {
      end++;
    }
    String authority =
        uri.substring(
            uri.lastIndexOf('@', end) >= start ? uri.lastIndexOf('@', end) + 1 : start, end);
    String rest = uri.substring(end);
    return of(authority, rest.startsWith("/") ? rest : "/" + rest);
  }

  private static RequestTarget of(String authority, String pathAndQuery) throws FailureException {
    int fragment = pathAndQuery.indexOf('#');
    String target = fragment < 0 ? pathAndQuery : pathAndQuery.substring(0, fragment);
    int question = target.indexOf('?');
    return new RequestTarget(
        hostName(authority),
        question < 0 ? target : target.substring(0, question),
        question < 0 ? null : target.substring(question + 1));
  }

  /** The path with its query, as it goes into a request line. */
  String pathAndQuery(String replacedPath) {
    String p = replacedPath == null ? path : replacedPath;
    return query == null ? p : p + "?" + query;
  }

  private static String hostHeader(MultiMap headers) throws FailureException {
    List<String> values = headers.getAll("host");
    if (values.isEmpty()) {
      return null;
    }
    String first = values.getFirst();
    for (String other : values) {
      if (!other.equalsIgnoreCase(first)) {
        throw Failure.MALFORMED_REQUEST.because("the request has two Host headers that differ");
      }
    }
    return first.isBlank() ? null : first;
  }

  private static String hostName(String authority) throws FailureException {
    String a = authority.trim();
    int portColon = a.indexOf(':', a.startsWith("[") ? Math.max(a.indexOf(']'), 0) : 0);
    String host = portColon < 0 ? a : a.substring(0, portColon);
    if (portColon >= 0 && !a.substring(portColon + 1).chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw Failure.MALFORMED_REQUEST.because("the port of the request's host is not a number");
    }
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    if (host.isEmpty() || !host.chars().allMatch(RequestTarget::isHostCharacter)) {
      throw Failure.MALFORMED_REQUEST.because("the request's host is no host name");
    }
    return host.toLowerCase(Locale.ROOT);
  }

  private static boolean isHostCharacter(int c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || "-._~[]:%".indexOf(c) >= 0;
  }
}

package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import dev.caravan.api.ObjectName;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A route, read and checked by itself; which data plane it is for and what its backends are is not
 * decided yet.
 *
 * @param gateways with their namespaces, or {@code mesh}
 */
record RouteDraft(HostName host, Set<String> gateways, List<Rule> rules) {
  record Rule(
      String name, int index, List<Match> matches, List<Backend> backends, RetryPlan retry) {}

  /**
   * @param gateways empty: the route's
   * @param conditions null: none, it holds for every request
   */
  record Match(Map<String, String> sourceLabels, Set<String> gateways, MatchPlan conditions) {}

  record Backend(FieldPath path, Ref ref, int weight, int priority, String hostRewrite) {}

  sealed interface Ref {
    record ToProvider(HostName host) implements Ref {}

    record ToService(ObjectName service, int port) implements Ref {}

    record Unsupported(String message) implements Ref {}
  }

  boolean sendsTo(HostName provider, String rule) {
    return rules.stream()
        .filter(candidate -> candidate.name().equals(rule))
        .flatMap(candidate -> candidate.backends().stream())
        .anyMatch(backend -> backend.ref().equals(new Ref.ToProvider(provider)));
  }
}

package dev.caravan.plan;

import dev.caravan.api.Problem;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a data plane serves.
 *
 * @param hosts by {@link HostPlan#host}
 * @param problems of the source and of the planner, in {@link Problem#ORDER}
 */
public record RoutingPlan(SortedMap<String, HostPlan> hosts, List<Problem> problems) {
  public static final RoutingPlan EMPTY = new RoutingPlan(new TreeMap<>(), List.of());

  public RoutingPlan {
    hosts = Collections.unmodifiableSortedMap(new TreeMap<>(hosts));
    problems = List.copyOf(problems);
  }

  /** Every name, in lower case, and the host that answers to it. */
  public Map<String, HostPlan> byName() {
    Map<String, HostPlan> byName = new HashMap<>();
    hosts.values().forEach(host -> host.names().forEach(name -> byName.put(name, host)));
    return Map.copyOf(byName);
  }
}

package dev.caravan.plan;

import dev.caravan.api.ResourceId;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One host.
 *
 * @param host its canonical name in lower case: a short Service name of namespace ns is {@code
 *     name.ns.svc.cluster.local}
 * @param names every name that it answers to
 * @param owner the LLMRoute, or the LLMProvider when there is no route
 * @param rules in order; a request that none matches is answered 404
 */
public record HostPlan(
    String host, SortedSet<String> names, ResourceId owner, List<RulePlan> rules) {
  public HostPlan {
    names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
    rules = List.copyOf(rules);
  }
}

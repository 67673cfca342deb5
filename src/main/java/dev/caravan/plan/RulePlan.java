package dev.caravan.plan;

import java.util.List;

/**
 * One rule.
 *
 * @param name empty: unnamed
 * @param index its place in the resource's list of rules, from 0 (rules that cannot apply here are
 *     left out)
 * @param matches any of them must hold; empty: always
 * @param backends those with a weight above 0; empty: there is none, the answer is 503
 * @param retry null: none
 */
public record RulePlan(
    String name, int index, List<MatchPlan> matches, List<BackendPlan> backends, RetryPlan retry) {
  public RulePlan {
    matches = List.copyOf(matches);
    backends = List.copyOf(backends);
  }

  /** The rule's name, or {@code rule 2} (counted from 1) if it has none. */
  public String label() {
    return name.isEmpty() ? "rule " + (index + 1) : name;
  }
}

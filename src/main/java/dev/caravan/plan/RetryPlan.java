package dev.caravan.plan;

import dev.caravan.api.LLMRouteSpec.Retry.Condition;
import java.time.Duration;
import java.util.Set;

/**
 * When another attempt is made.
 *
 * @param attempts after the first one; above 0
 * @param backoff before each; zero: none
 */
public record RetryPlan(int attempts, Set<Condition> on, Duration backoff) {
  public RetryPlan {
    on = Set.copyOf(on);
  }
}

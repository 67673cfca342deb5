package dev.caravan.plan;

import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.ResourceId;
import java.util.Map;

/**
 * The last usable spec of each resource that there still is: what keeps serving when a new version
 * is unusable.
 */
public record LastGood(
    Map<ResourceId, LLMProviderSpec> providers, Map<ResourceId, LLMRouteSpec> routes) {
  public static final LastGood NONE = new LastGood(Map.of(), Map.of());

  public LastGood {
    providers = Map.copyOf(providers);
    routes = Map.copyOf(routes);
  }
}

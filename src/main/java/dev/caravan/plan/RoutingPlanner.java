package dev.caravan.plan;

import dev.caravan.api.ResourceSnapshot;

/** Resources in, routing plan out. */
public final class RoutingPlanner {
  private final DataPlane dataPlane;

  public RoutingPlanner(DataPlane dataPlane) {
    this.dataPlane = dataPlane;
  }

  public PlanResult plan(ResourceSnapshot now, LastGood before) {
    return new PlanResult(RoutingPlan.EMPTY, before);
  }
}

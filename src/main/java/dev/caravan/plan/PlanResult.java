package dev.caravan.plan;

/**
 * @param good to be given to the next {@link RoutingPlanner#plan}
 */
public record PlanResult(RoutingPlan plan, LastGood good) {}

package dev.caravan.plan;

/**
 * One backend of a rule.
 *
 * @param weight above 0; the share is weight / sum of the rule's weights (which fits an int)
 * @param priority 0 first
 * @param hostRewrite the Host header sent to it; null: the target's host
 */
public record BackendPlan(Target target, int weight, int priority, String hostRewrite) {}

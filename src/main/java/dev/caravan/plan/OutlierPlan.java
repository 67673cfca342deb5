package dev.caravan.plan;

import java.time.Duration;

/** When a provider that fails is left out for a while. */
public record OutlierPlan(
    int consecutiveErrors, Duration baseEjectionTime, Duration maxEjectionTime) {}

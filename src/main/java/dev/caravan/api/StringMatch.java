package dev.caravan.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/**
 * How a value is matched, as in Istio's StringMatch: one of the three, or none for "is present".
 */
public record StringMatch(
    @JsonPropertyDescription("The value is exactly this one; upper and lower case differ.")
        String exact,
    @JsonPropertyDescription("The value begins with this.") String prefix,
    @JsonPropertyDescription("The whole value matches this expression, in RE2 syntax.")
        String regex) {}

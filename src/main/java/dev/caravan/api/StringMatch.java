package dev.caravan.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * How a value is matched, as in Istio's StringMatch: one of the three, or none for "is present".
 */
@ValidationRule(value = Schema.ONE_CONDITION, message = Schema.ONE_CONDITION_MESSAGE)
public record StringMatch(
    @JsonPropertyDescription("The value is exactly this one; upper and lower case differ.")
        String exact,
    @JsonPropertyDescription("The value begins with this.") String prefix,
    @JsonPropertyDescription("The whole value matches this expression, in RE2 syntax.")
        String regex) {}

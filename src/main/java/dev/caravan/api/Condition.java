package dev.caravan.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** As Kubernetes' {@code metav1.Condition}, limits included. */
public record Condition(
    @Required
        @Size(max = 316)
        @Pattern("^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
        @JsonPropertyDescription("What it is about, such as Accepted.")
        String type,
    @Required @Pattern("^(True|False|Unknown)$") @JsonPropertyDescription("True, False or Unknown.")
        String status,
    @Required
        @Size(min = 1, max = 1024)
        @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
        @JsonPropertyDescription("Why, as one constant CamelCase word.")
        String reason,
    @Required @Size(max = 32768) @JsonPropertyDescription("Why, as a sentence; may be empty.")
        String message,
    @Required
        @JsonPropertyDescription(
            "Since when the status is what it is, as in RFC 3339: 2026-01-31T12:00:00Z.")
        String lastTransitionTime,
    @Min(0) @JsonPropertyDescription("The metadata.generation that this condition is about.")
        Long observedGeneration) {}

package dev.caravan.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The status of both kinds: what has become of the spec. */
public record ResourceStatus(
    @JsonPropertyDescription("The metadata.generation that this status is about.")
        Long observedGeneration,
    @JsonPropertyDescription("What is the case, one of each type.") List<Condition> conditions) {
  public ResourceStatus {
    conditions = Copies.of(conditions);
  }
}

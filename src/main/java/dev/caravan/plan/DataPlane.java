package dev.caravan.plan;

import java.util.Map;
import java.util.Optional;

/**
 * Who this data plane is; it decides which resources, rules and matches apply.
 *
 * @param namespace the pod's; empty: not known, then no resource is left out for its namespace
 * @param labels the pod's
 * @param gateway {@code namespace/name} of the gateway it is; empty: a sidecar, {@code mesh}
 */
public record DataPlane(
    Optional<String> namespace, Map<String, String> labels, Optional<String> gateway) {
  /** A sidecar of which nothing is known. */
  public static final DataPlane ANYWHERE =
      new DataPlane(Optional.empty(), Map.of(), Optional.empty());

  public DataPlane {
    labels = Map.copyOf(labels);
  }

  boolean isIn(String other) {
    return namespace.isEmpty() || namespace.get().equals(other);
  }

  boolean hasLabels(Map<String, String> wanted) {
    return labels.entrySet().containsAll(wanted.entrySet());
  }

  /** How a resource names it: {@code mesh}, or {@code namespace/name} of the gateway. */
  String gatewayName() {
    return gateway.orElse("mesh");
  }
}

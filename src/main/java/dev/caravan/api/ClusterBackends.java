package dev.caravan.api;

import java.util.Map;

/** The objects in the cluster that routes send to; only those that are referred to. */
public record ClusterBackends(Map<ObjectName, Lookup<ServicePorts>> services) {
  public ClusterBackends {
    services = Map.copyOf(services);
  }
}

package dev.caravan.api;

import java.util.Map;

/**
 * The ports of a Service.
 *
 * @param appProtocols appProtocol by port number; empty where the port has none
 */
public record ServicePorts(Map<Integer, String> appProtocols) {
  public ServicePorts {
    appProtocols = Map.copyOf(appProtocols);
  }
}

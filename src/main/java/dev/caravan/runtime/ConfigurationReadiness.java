package dev.caravan.runtime;

import dev.caravan.route.ConfigurationController;
import dev.caravan.route.HostTable;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when the first configuration is installed, whatever its problems. */
@Readiness
@Singleton
final class ConfigurationReadiness implements HealthCheck {
  private final HostTable table;
  private final ConfigurationController controller;

  ConfigurationReadiness(HostTable table, ConfigurationController controller) {
    this.table = table;
    this.controller = controller;
  }

  @Override
  public HealthCheckResponse call() {
    var inForce = controller.inForce();
    return HealthCheckResponse.named("configuration")
        .status(table.isInstalled())
        .withData("generation", inForce.generation())
        .withData("hosts", inForce.plan().hosts().size())
        .withData("problems", inForce.plan().problems().size())
        .build();
  }
}

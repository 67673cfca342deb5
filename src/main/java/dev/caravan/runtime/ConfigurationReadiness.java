package dev.caravan.runtime;

import dev.caravan.resource.ResourceSource;
import dev.caravan.route.ConfigurationController;
import dev.caravan.route.HostTable;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready when the first configuration is installed, whatever its problems, and as long as there is
 * something to read it from.
 */
@Readiness
@Singleton
final class ConfigurationReadiness implements HealthCheck {
  private final HostTable table;
  private final ConfigurationController controller;
  private final ResourceSource source;

  ConfigurationReadiness(
      HostTable table, ConfigurationController controller, ResourceSource source) {
    this.source = source;
    this.table = table;
    this.controller = controller;
  }

  @Override
  public HealthCheckResponse call() {
    var inForce = controller.inForce();
    Optional<String> missing = source.missing();
    var response = HealthCheckResponse.named("configuration");
    missing.ifPresent(sentence -> response.withData("missing", sentence));
    return response
        .status(table.isInstalled() && missing.isEmpty())
        .withData("generation", inForce.generation())
        .withData("hosts", inForce.plan().hosts().size())
        .withData("problems", inForce.plan().problems().size())
        .build();
  }
}

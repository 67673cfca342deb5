package dev.caravan.runtime;

import dev.caravan.api.References;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.resource.ResourceSource;
import dev.caravan.route.ConfigurationController;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.quarkus.core.CamelRuntime;
import org.jboss.logging.Logger;

/**
 * A running data plane: first Camel, then the flow of configuration; and the other way round at the
 * end.
 */
public class DataPlaneApplication implements QuarkusApplication, ResourceSource.Listener {
  private static final Logger LOG = Logger.getLogger("caravan");

  private final Settings settings;
  private final CamelRuntime camel;
  private final ProducerTemplate routes;
  private final ResourceSource source;
  private final ConfigurationController controller;
  private boolean ready;

  DataPlaneApplication(
      Settings settings,
      CamelRuntime camel,
      ProducerTemplate routes,
      ResourceSource source,
      ConfigurationController controller) {
    this.settings = settings;
    this.camel = camel;
    this.routes = routes;
    this.source = source;
    this.controller = controller;
  }

  /**
   * An application with a main method of its own starts Camel itself; the command line is not
   * Camel's to read.
   */
  @Override
  public int run(String... args) {
    camel.start();
    source.start(this);
    Quarkus.waitForExit();
    return 0;
  }

  @Override
  public References references(ResourceSnapshot snapshot) {
    return controller.references(snapshot);
  }

  @Override
  public void accept(ResourceSnapshot snapshot) {
    routes.sendBody("direct:configuration", snapshot);
    if (!ready) {
      ready = true;
      LOG.infof(
          "caravan ready on http://%s:%d (management on port %d)",
          settings.bind(), settings.port(), settings.managementPort());
    }
  }

  void stopping(@Observes ShutdownEvent event) {
    source.close();
  }
}

package dev.caravan.runtime;

import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.ProducerTemplate;

/** Opens Camel routes to the management port; Quarkus itself serves health and metrics there. */
@Singleton
final class ManagementRoutes {
  private final ProducerTemplate template;

  ManagementRoutes(ProducerTemplate template) {
    this.template = template;
  }

  void register(@Observes ManagementInterface management) {
    management.router().get("/caravan/config").handler(this::configuration);
  }

  private void configuration(RoutingContext context) {
    CompletableFuture<byte[]> dump =
        template.asyncRequestBody("direct:configuration-dump", null, byte[].class);
    dump.whenComplete(
        (json, problem) ->
            context
                .vertx()
                .runOnContext(
                    v -> {
                      if (problem != null) {
                        context.fail(503);
                      } else {
                        context
                            .response()
                            .putHeader("content-type", "application/json")
                            .end(io.vertx.core.buffer.Buffer.buffer(json));
                      }
                    }));
  }
}

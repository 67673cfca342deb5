package dev.caravan.route;

import dev.caravan.http.Call;
import dev.caravan.http.Failure;
import dev.caravan.http.FailureException;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Map;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorSupport;

/** Which generated route serves which host name: one volatile look-up for each request. */
@Singleton
public class HostTable {
  private volatile Map<String, HostRoute> routes;

  /** All names at once: no request sees half of a configuration. */
  void install(Map<String, HostRoute> byName) {
    routes = Map.copyOf(byName);
  }

  /** Whether a first configuration has been installed. */
  public boolean isInstalled() {
    return routes != null;
  }

  private HostRoute lookUp(String host) throws FailureException {
    Map<String, HostRoute> table = routes;
    if (table == null) {
      throw Failure.NOT_READY.because("Caravan has no configuration yet");
    }
    HostRoute route = table.get(host);
    if (route == null) {
      throw Failure.UNKNOWN_HOST.because("no LLMProvider or LLMRoute serves the host " + host);
    }
    return route;
  }

  /** The ingress route's first step: an unknown host is told so before its request body is read. */
  @Produces
  @Named("findHost")
  @Singleton
  Processor findHost() {
    return exchange -> lookUp(Call.of(exchange).target().host());
  }

  /** The ingress route's last step: hands the exchange to the host's generated route. */
  @Produces
  @Named("toHostRoute")
  @Singleton
  AsyncProcessor toHostRoute() {
    return new ToHostRoute();
  }

  private final class ToHostRoute extends AsyncProcessorSupport {
    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      try {
        String host = Call.of(exchange).target().host();
        while (!lookUp(host).tryProcess(exchange, callback)) {
          Thread.onSpinWait();
        }
        return false;
      } catch (FailureException e) {
        exchange.setException(e);
        callback.done(true);
        return true;
      }
    }
  }
}

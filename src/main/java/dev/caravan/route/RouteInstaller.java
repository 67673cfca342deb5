package dev.caravan.route;

import dev.caravan.http.Relay;
import dev.caravan.http.UpstreamComponent;
import dev.caravan.plan.HostPlan;
import dev.caravan.plan.RoutingPlan;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.CamelContext;
import org.apache.camel.support.AsyncProcessorConverterHelper;
import org.jboss.logging.Logger;

/**
 * Brings a plan into force, generation by generation: routes are built only for hosts whose plan
 * has changed, then the host table is switched at once, then the replaced routes drain by their own
 * in-flight count and are removed.
 */
@Singleton
public class RouteInstaller {
  private static final Logger LOG = Logger.getLogger(RouteInstaller.class);

  private final CamelContext camel;
  private final UpstreamComponent upstream;
  private final UpstreamUris uris;
  private final Credentials credentials;
  private final Relay relay;
  private final HostTable table;
  private final ExecutorService remover =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("caravan-drain").factory());
  private Map<String, HostRoute> installed = Map.of();
  private long generation;

  RouteInstaller(
      CamelContext camel,
      UpstreamComponent upstream,
      Credentials credentials,
      Relay relay,
      HostTable table) {
    this.camel = camel;
    this.upstream = upstream;
    this.credentials = credentials;
    this.uris = new UpstreamUris(upstream, credentials);
    this.relay = relay;
    this.table = table;
  }

  /** What came of an installation. */
  public record Outcome(
      long generation, List<HostPlan> added, List<HostPlan> changed, List<HostPlan> removed) {
    public boolean changedAnything() {
      return !added.isEmpty() || !changed.isEmpty() || !removed.isEmpty();
    }
  }

  /** A host whose route cannot be built keeps the one it has; the others go on. */
  public synchronized Outcome install(RoutingPlan plan) {
    long next = generation + 1;
    Map<String, HostRoute> routes = new TreeMap<>();
    List<HostRoute> replaced = new ArrayList<>();
    List<HostPlan> added = new ArrayList<>();
    List<HostPlan> changed = new ArrayList<>();
    List<HostPlan> removed = new ArrayList<>();
    for (HostPlan host : plan.hosts().values()) {
      HostRoute current = installed.get(host.host());
      if (current != null && current.plan().equals(host)) {
        routes.put(host.host(), current);
        continue;
      }
      HostRoute built = build(host, next);
      if (built != null) {
        routes.put(host.host(), built);
        (current == null ? added : changed).add(host);
      } else if (current != null) {
        routes.put(host.host(), current);
      }
    }
    for (HostRoute route : installed.values()) {
      HostRoute now = routes.get(route.plan().host());
      if (now == null) {
        removed.add(route.plan());
      }
      if (now != route) {
        replaced.add(route);
      }
    }
    installed = routes;
    table.install(byName(routes.values()));
    generation = next;
    replaced.forEach(route -> route.retire(() -> remove(route.routeId())));
    return new Outcome(next, added, changed, removed);
  }

  /** The generation in force; 0 = none yet. */
  public synchronized long generation() {
    return generation;
  }

  private static Map<String, HostRoute> byName(Collection<HostRoute> routes) {
    Map<String, HostRoute> byName = new HashMap<>();
    routes.forEach(route -> route.plan().names().forEach(name -> byName.put(name, route)));
    return byName;
  }

  private HostRoute build(HostPlan host, long generationOfRoute) {
    String routeId = host.host() + "-g" + generationOfRoute;
    try {
      camel.addRoutes(new HostRouteBuilder(host, routeId, upstream, uris, credentials, relay));
      AsyncProcessor processor =
          AsyncProcessorConverterHelper.convert(camel.getRoute(routeId).getProcessor());
      return new HostRoute(host, routeId, processor);
    } catch (Exception e) {
      LOG.errorf("%s: its route cannot be built: %s", host.host(), e.getMessage());
      remove(routeId);
      return null;
    }
  }

  /**
   * Stopping a route holds Camel's lock, so it waits for its turn here and not on an event loop.
   */
  private void remove(String routeId) {
    try {
      remover.execute(() -> removeNow(routeId));
    } catch (RejectedExecutionException e) {
      LOG.debugf("%s ends with the process", routeId);
    }
  }

  private void removeNow(String routeId) {
    try {
      if (camel.getRoute(routeId) != null) {
        camel.getRouteController().stopRoute(routeId);
        camel.removeRoute(routeId);
      }
    } catch (Exception e) {
      LOG.warnf("the replaced route %s could not be removed: %s", routeId, e.getMessage());
    }
  }

  @PreDestroy
  void close() {
    remover.shutdownNow();
  }
}

package dev.caravan.route;

import dev.caravan.api.Problem;
import dev.caravan.api.References;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.plan.HostPlan;
import dev.caravan.plan.LastGood;
import dev.caravan.plan.PlanResult;
import dev.caravan.plan.RoutingPlan;
import dev.caravan.plan.RoutingPlanner;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/** Takes each state of the custom resources to routes in force: plan, install, tell. */
@Singleton
@Named("configurationController")
public class ConfigurationController {
  private static final Logger LOG = Logger.getLogger("caravan");

  private final RoutingPlanner planner;
  private final RouteInstaller installer;
  private final Credentials credentials;
  private final Clock clock;
  private LastGood lastGood = LastGood.NONE;
  private Set<Problem> reported = Set.of();
  private volatile InForce inForce = new InForce(0, null, RoutingPlan.EMPTY);

  ConfigurationController(
      RoutingPlanner planner,
      RouteInstaller installer,
      Credentials credentials,
      Clock clock,
      MeterRegistry registry) {
    this.planner = planner;
    this.installer = installer;
    this.credentials = credentials;
    this.clock = clock;
    registry.gauge("caravan.configuration.generation", this, c -> c.inForce.generation());
    registry.gauge("caravan.configuration.problems", this, c -> c.inForce.plan().problems().size());
  }

  /**
   * The configuration that serves.
   *
   * @param generation counts installations; 0 = none yet
   * @param since when it was installed; null when none was
   */
  public record InForce(long generation, Instant since, RoutingPlan plan) {}

  public InForce inForce() {
    return inForce;
  }

  /**
   * Called by the resource source with each new state; never fails, and a bad part keeps its last
   * good version.
   */
  public synchronized void apply(ResourceSnapshot snapshot) {
    try {
      PlanResult result = planner.plan(snapshot, lastGood);
      lastGood = result.good();
      credentials.update(snapshot.secrets());
      RouteInstaller.Outcome outcome = installer.install(result.plan());
      inForce = new InForce(outcome.generation(), clock.instant(), result.plan());
      tell(outcome);
      report(result.plan().problems());
    } catch (RuntimeException e) {
      LOG.error(
          "this change of the configuration could not be applied; the last one stays in force", e);
    }
  }

  /** The objects that the configuration made of this snapshot would refer to. */
  public synchronized References references(ResourceSnapshot snapshot) {
    return planner.references(snapshot, lastGood);
  }

  private static void tell(RouteInstaller.Outcome outcome) {
    outcome.added().forEach(host -> LOG.infof("serving %s", describe(host)));
    outcome.changed().forEach(host -> LOG.infof("changed %s", describe(host)));
    outcome.removed().forEach(host -> LOG.infof("no longer serving %s", host.host()));
  }

  private static String describe(HostPlan host) {
    int rules = host.rules().size();
    return "%s (%s, %d %s)"
        .formatted(
            String.join(", ", host.names()), host.owner(), rules, rules == 1 ? "rule" : "rules");
  }

  /** Each problem once, until it has gone and come back. */
  private void report(List<Problem> problems) {
    Set<Problem> now = new LinkedHashSet<>(problems);
    for (Problem problem : now) {
      if (!reported.contains(problem)) {
        LOG.log(problem.isError() ? Logger.Level.ERROR : Logger.Level.WARN, problem);
      }
    }
    reported.stream()
        .filter(old -> !now.contains(old))
        .forEach(old -> LOG.infof("solved: %s", old));
    reported = now;
  }
}

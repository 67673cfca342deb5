package dev.caravan.route;

import dev.caravan.api.Problem;
import dev.caravan.plan.BackendPlan;
import dev.caravan.plan.Credential;
import dev.caravan.plan.CredentialResolver.Resolution;
import dev.caravan.plan.HostPlan;
import dev.caravan.plan.RulePlan;
import dev.caravan.plan.Target;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is in force, for people and programs: plain maps and lists, and of a key only where it comes
 * from and its fingerprint.
 */
@Singleton
@Named("configurationDump")
public class ConfigurationDump {
  private final ConfigurationController controller;
  private final Credentials credentials;

  ConfigurationDump(ConfigurationController controller, Credentials credentials) {
    this.controller = controller;
    this.credentials = credentials;
  }

  /** A step of the route {@code configuration-dump}. */
  public Map<String, Object> inForce() {
    var inForce = controller.inForce();
    Map<String, Object> dump = new LinkedHashMap<>();
    dump.put("generation", inForce.generation());
    dump.put("since", inForce.since() == null ? null : inForce.since().toString());
    dump.put("hosts", inForce.plan().hosts().values().stream().map(this::host).toList());
    dump.put(
        "problems", inForce.plan().problems().stream().map(ConfigurationDump::problem).toList());
    return dump;
  }

  private Map<String, Object> host(HostPlan host) {
    Map<String, Object> dump = new LinkedHashMap<>();
    dump.put("host", host.host());
    dump.put("names", host.names());
    dump.put("owner", host.owner().toString());
    dump.put("rules", host.rules().stream().map(this::rule).toList());
    return dump;
  }

  private Map<String, Object> rule(RulePlan rule) {
    long sum = rule.backends().stream().mapToLong(BackendPlan::weight).sum();
    Map<String, Object> dump = new LinkedHashMap<>();
    dump.put("rule", rule.label());
    dump.put("matches", rule.matches().stream().map(Object::toString).toList());
    dump.put("backends", rule.backends().stream().map(b -> backend(b, sum)).toList());
    return dump;
  }

  private Map<String, Object> backend(BackendPlan backend, long sum) {
    Map<String, Object> dump = new LinkedHashMap<>();
    dump.put("share", "%d/%d".formatted(backend.weight(), sum));
    switch (backend.target()) {
      case Target.Unresolved unresolved -> {
        dump.put("unresolved", unresolved.reason());
        dump.put("message", unresolved.message());
      }
      case Target.Provider target -> {
        dump.put("provider", target.provider().host());
        dump.put("port", target.provider().port());
        dump.put("tls", target.provider().tls().mode().toString());
        dump.put("path", target.provider().path());
        dump.put("model", target.config().model());
        dump.put("stream", target.config().stream());
        dump.put("key", key(target.config().credential()));
      }
    }
    return dump;
  }

  private Map<String, Object> key(Credential credential) {
    Map<String, Object> dump = new LinkedHashMap<>();
    dump.put("from", AddAuth.describe(credential));
    switch (credentials.resolve(credential)) {
      case Resolution.Key key -> dump.put("fingerprint", key.key().fingerprint());
      case Resolution.NoKey none -> {}
      case Resolution.Unavailable none -> dump.put("problem", none.message());
    }
    return dump;
  }

  private static Map<String, Object> problem(Problem problem) {
    Map<String, Object> dump = new LinkedHashMap<>();
    dump.put("severity", problem.severity().toString());
    dump.put("resource", problem.resource() == null ? null : problem.resource().toString());
    dump.put("reason", problem.reason());
    dump.put("path", problem.path());
    dump.put("message", problem.message());
    dump.put("location", problem.location() == null ? null : problem.location().toString());
    return dump;
  }
}

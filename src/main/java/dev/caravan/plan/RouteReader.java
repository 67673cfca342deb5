package dev.caravan.plan;

import com.google.re2j.PatternSyntaxException;
import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.LLMRouteSpec.BackendRef;
import dev.caravan.api.LLMRouteSpec.ObjectRef;
import dev.caravan.api.LLMRouteSpec.Retry;
import dev.caravan.api.LLMRouteSpec.Retry.Condition;
import dev.caravan.api.ObjectName;
import dev.caravan.api.StringMatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads one LLMRoute's spec by itself: checks every value and fills in the defaults. */
final class RouteReader {
  static final String MESH = "mesh";
  private static final int MAX_PORT = 65535;
  private static final int MAX_ATTEMPTS = 10;
  private static final Set<String> POOL_GROUPS =
      Set.of("inference.networking.k8s.io", "inference.networking.x-k8s.io");

  private final LLMRouteSpec spec;
  private final String namespace;
  private final Findings findings;
  private final Fields fields;

  private RouteReader(LLMRouteSpec spec, String namespace, Findings findings) {
    this.spec = spec;
    this.namespace = namespace;
    this.findings = findings;
    this.fields = new Fields(findings);
  }

  /** Only to be used if the findings are {@link Findings#usableButForTraffic} afterwards. */
  static RouteDraft read(LLMRouteSpec spec, String namespace, Findings findings) {
    return new RouteReader(spec, namespace, findings).read();
  }

  private RouteDraft read() {
    HostName host = fields.host(spec.host(), FieldPath.SPEC.child("host"));
    Set<String> gateways = gateways(spec.gateways(), FieldPath.SPEC.child("gateways"));
    if (gateways.isEmpty()) {
      gateways = Set.of(MESH);
    }
    FieldPath path = FieldPath.SPEC.child("rules");
    if (spec.rules().isEmpty()) {
      findings.invalid(path, "must have at least one rule");
    }
    checkNames(path);
    List<RouteDraft.Rule> rules = new ArrayList<>();
    for (int i = 0; i < spec.rules().size(); i++) {
      rules.add(rule(spec.rules().get(i), i, gateways, path.index(i)));
    }
    warnOfUnreachable(rules, path);
    NotInForce.warn(spec, findings);
    return new RouteDraft(host == null ? null : host.canonicalIn(namespace), gateways, rules);
  }

  private void checkNames(FieldPath path) {
    Map<String, Integer> first = new HashMap<>();
    for (int i = 0; i < spec.rules().size(); i++) {
      String name = spec.rules().get(i).name();
      if (name == null || name.isEmpty()) {
        continue;
      }
      Integer before = first.putIfAbsent(name, i);
      if (before != null) {
        findings.invalid(
            path.index(i).child("name"),
            "%s is the name of %s too; a name must be unique in the route",
            Fields.quote(name),
            path.index(before));
      }
    }
  }

  private RouteDraft.Rule rule(
      LLMRouteSpec.Rule rule, int index, Set<String> routeGateways, FieldPath path) {
    List<RouteDraft.Match> matches = new ArrayList<>();
    for (int i = 0; i < rule.matches().size(); i++) {
      matches.add(match(rule.matches().get(i), routeGateways, path.child("matches").index(i)));
    }
    return new RouteDraft.Rule(
        rule.name() == null ? "" : rule.name(),
        index,
        matches,
        backends(rule.backendRefs(), path.child("backendRefs")),
        retry(rule.retry(), path.child("retry")));
  }

  private RouteDraft.Match match(
      LLMRouteSpec.Match match, Set<String> routeGateways, FieldPath path) {
    SortedMap<String, ValueMatch> headers = new TreeMap<>();
    match
        .headers()
        .forEach(
            (name, condition) -> {
              FieldPath at = path.child("headers").child(name);
              if (!Fields.isHeaderName(name)) {
                findings.invalid(at, "%s cannot be the name of a header", Fields.quote(name));
                return;
              }
              ValueMatch read = value(condition, at);
              if (headers.put(name.toLowerCase(Locale.ROOT), read) != null) {
                findings.invalid(
                    at,
                    "%s comes twice; names of headers do not differ by case",
                    Fields.quote(name));
              }
            });
    ValueMatch model = match.model() == null ? null : value(match.model(), path.child("model"));
    Set<String> gateways = gateways(match.gateways(), path.child("gateways"));
    for (String gateway : gateways) {
      if (!routeGateways.contains(gateway)) {
        findings.warning(
            Reasons.UNREACHABLE,
            path.child("gateways"),
            "%s is not among the route's gateways %s, so it never matches there",
            Fields.quote(gateway),
            routeGateways);
      }
    }
    MatchPlan conditions =
        headers.isEmpty() && model == null ? null : new MatchPlan(headers, model);
    return new RouteDraft.Match(match.sourceLabels(), gateways, conditions);
  }

  private ValueMatch value(StringMatch match, FieldPath path) {
    long kinds =
        Stream.of(match.exact(), match.prefix(), match.regex()).filter(Objects::nonNull).count();
    if (kinds > 1) {
      findings.invalid(path, "must have one of exact, prefix and regex, not %d of them", kinds);
    }
    if (match.exact() != null) {
      return new ValueMatch.Exact(match.exact());
    }
    if (match.prefix() != null) {
      return new ValueMatch.Prefix(match.prefix());
    }
    if (match.regex() == null) {
      return new ValueMatch.Present();
    }
    try {
      return ValueMatch.Regex.of(match.regex());
    } catch (PatternSyntaxException e) {
      findings.invalid(
          path.child("regex"),
          "%s is no RE2 expression: %s",
          Fields.quote(match.regex()),
          e.getDescription());
      return new ValueMatch.Present();
    }
  }

  private Set<String> gateways(List<String> written, FieldPath path) {
    Set<String> gateways = new LinkedHashSet<>();
    for (int i = 0; i < written.size(); i++) {
      String gateway = written.get(i);
      String[] parts = gateway.split("/", -1);
      boolean valid = parts.length <= 2 && Stream.of(parts).allMatch(Fields::isName);
      if (!valid) {
        findings.invalid(
            path.index(i),
            "must be mesh, a gateway's name or namespace/name, not %s",
            Fields.quote(gateway));
      }
      gateways.add(parts.length > 1 || gateway.equals(MESH) ? gateway : namespace + "/" + gateway);
    }
    return gateways;
  }

  private List<RouteDraft.Backend> backends(List<BackendRef> refs, FieldPath path) {
    if (refs.isEmpty()) {
      findings.invalid(path, "must have at least one backend");
      return List.of();
    }
    int[] weights = weights(refs, path);
    List<RouteDraft.Backend> backends = new ArrayList<>();
    for (int i = 0; i < refs.size(); i++) {
      BackendRef ref = refs.get(i);
      FieldPath at = path.index(i);
      backends.add(
          new RouteDraft.Backend(
              at,
              target(ref, at),
              weights[i],
              fields.number(ref.priority(), at.child("priority"), 0, Integer.MAX_VALUE, 0),
              fields.hostHeader(ref.hostRewrite(), at.child("hostRewrite"))));
    }
    return backends;
  }

  /**
   * Where none is given, all are alike; some given and some not is more likely an oversight than a
   * wish.
   */
  private int[] weights(List<BackendRef> refs, FieldPath path) {
    boolean noneGiven = refs.stream().allMatch(ref -> ref.weight() == null);
    int[] weights = new int[refs.size()];
    long sum = 0;
    for (int i = 0; i < weights.length; i++) {
      Integer weight = refs.get(i).weight();
      FieldPath at = path.index(i).child("weight");
      if (weight == null && !noneGiven) {
        findings.invalid(
            at, "is missing; where one backend of a rule has a weight, each one needs it");
        return weights;
      }
      weights[i] = fields.number(weight, at, 0, Integer.MAX_VALUE, 1);
      sum += weights[i];
    }
    if (sum > Integer.MAX_VALUE) {
      findings.invalid(path, "the weights add up to %d; the sum must not exceed 2147483647", sum);
    }
    if (sum == 0) {
      findings.error(
          Reasons.NO_TRAFFIC,
          path,
          "the weight of every backend is 0, so that the rule has nowhere to send its requests");
    }
    return weights;
  }

  private RouteDraft.Ref target(BackendRef ref, FieldPath path) {
    if (ref.providerHost() != null && ref.backendRef() != null) {
      findings.invalid(path.child("backendRef"), "excludes providerHost; set one of the two");
    }
    if (ref.backendRef() != null) {
      return object(ref.backendRef(), path.child("backendRef"));
    }
    if (ref.providerHost() == null) {
      findings.invalid(path, "needs a providerHost or a backendRef");
      return null;
    }
    HostName host = fields.host(ref.providerHost(), path.child("providerHost"));
    return host == null ? null : new RouteDraft.Ref.ToProvider(host.canonical());
  }

  private RouteDraft.Ref object(ObjectRef ref, FieldPath path) {
    String group = ref.group() == null ? "" : ref.group();
    String kind = ref.kind() == null ? "Service" : ref.kind();
    String name = fields.name(ref.name(), path.child("name"), "the name of a " + kind, null);
    String in =
        fields.name(ref.namespace(), path.child("namespace"), "the name of a namespace", namespace);
    if (kind.equals("Service") && group.isEmpty()) {
      if (ref.port() == null) {
        findings.invalid(path.child("port"), "is required: the Service's port");
      }
      int port = fields.number(ref.port(), path.child("port"), 1, MAX_PORT, 80);
      return new RouteDraft.Ref.ToService(new ObjectName(in, name), port);
    }
    if (kind.equals("InferencePool") && POOL_GROUPS.contains(group)) {
      return new RouteDraft.Ref.Unsupported(
          "InferencePool %s/%s cannot be resolved: that needs a cluster, which this version does not ask"
              .formatted(in, name));
    }
    return new RouteDraft.Ref.Unsupported(
        "a backend must be a Service (group \"\") or an InferencePool (group inference.networking.k8s.io), not kind %s"
                .formatted(Fields.quote(kind))
            + " of group "
            + Fields.quote(group));
  }

  private RetryPlan retry(Retry retry, FieldPath path) {
    if (retry == null) {
      return null;
    }
    int attempts = fields.number(retry.attempts(), path.child("attempts"), 0, MAX_ATTEMPTS, 2);
    Duration backoff =
        fields.duration(retry.backoff(), path.child("backoff"), Duration.ofMillis(25));
    Set<Condition> on =
        retry.on().isEmpty()
            ? Set.of(Condition.CONNECT_FAILURE, Condition.RESET)
            : Set.copyOf(retry.on());
    return attempts == 0 ? null : new RetryPlan(attempts, on, backoff);
  }

  private void warnOfUnreachable(List<RouteDraft.Rule> rules, FieldPath path) {
    RouteDraft.Rule catchAll = null;
    for (RouteDraft.Rule rule : rules) {
      if (catchAll != null) {
        findings.warning(
            Reasons.UNREACHABLE,
            path.index(rule.index()),
            "is never used: %s before it takes every request",
            path.index(catchAll.index()));
      } else if (takesEverything(rule)) {
        catchAll = rule;
      }
    }
  }

  private static boolean takesEverything(RouteDraft.Rule rule) {
    return rule.matches().isEmpty()
        || rule.matches().stream()
            .anyMatch(
                match ->
                    match.conditions() == null
                        && match.gateways().isEmpty()
                        && match.sourceLabels().isEmpty());
  }
}

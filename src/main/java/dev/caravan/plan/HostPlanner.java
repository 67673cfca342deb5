package dev.caravan.plan;

import dev.caravan.api.ClusterBackends;
import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMProviderSpec.Tls.Mode;
import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.Problem;
import dev.caravan.api.Problem.Severity;
import dev.caravan.api.References;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.api.SecretData;
import dev.caravan.api.ServicePorts;
import dev.caravan.plan.RoutingPlanner.Read;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Puts the resources together for one data plane: who has which host, and what each backend is. */
final class HostPlanner {
  private static final FieldPath HOST = FieldPath.SPEC.child("host");

  private final DataPlane dataPlane;
  private final List<Read<ProviderDraft>> allProviders;
  private final List<Read<RouteDraft>> allRoutes;
  private final Map<ObjectName, Lookup<SecretData>> secrets;
  private final Optional<ClusterBackends> backends;
  private final List<Problem> problems;
  private final Map<HostName, ProviderDraft> providersHere = new HashMap<>();

  HostPlanner(
      DataPlane dataPlane,
      List<Read<ProviderDraft>> providers,
      List<Read<RouteDraft>> routes,
      ResourceSnapshot snapshot,
      List<Problem> problems) {
    this.dataPlane = dataPlane;
    this.allProviders = providers.stream().sorted(Read.PRECEDENCE).toList();
    this.allRoutes = routes.stream().sorted(Read.PRECEDENCE).toList();
    this.secrets = snapshot.secrets();
    this.backends = snapshot.backends();
    this.problems = problems;
  }

  SortedMap<String, HostPlan> plan() {
    allProviders.forEach(this::warnOfUnknownRules);
    Set<HostName> known =
        allProviders.stream().map(provider -> provider.draft().host()).collect(Collectors.toSet());
    allRoutes.forEach(route -> reportDanglingBackends(route, known));

    List<Read<ProviderDraft>> providers =
        withoutConflicts(allProviders.stream().filter(this::applies).toList(), ProviderDraft::host);
    providers.forEach(provider -> providersHere.put(provider.draft().host(), provider.draft()));
    providers.forEach(this::reportSecrets);

    Map<Read<RouteDraft>, List<RulePlan>> rules = new HashMap<>();
    List<Read<RouteDraft>> candidates = new ArrayList<>();
    for (Read<RouteDraft> route : allRoutes) {
      List<RulePlan> here = rules(route);
      if (!here.isEmpty()) {
        rules.put(route, here);
        candidates.add(route);
      }
    }
    return hosts(withoutConflicts(candidates, RouteDraft::host), rules, providers);
  }

  /**
   * The Secrets and Services of what applies here; conflicts do not matter, a loser may win later.
   */
  References references() {
    Set<ObjectName> wantedSecrets = new HashSet<>();
    Set<ObjectName> wantedServices = new HashSet<>();
    for (Read<ProviderDraft> provider : allProviders) {
      if (applies(provider)) {
        provider.draft().secretRefs().values().forEach(ref -> wantedSecrets.add(ref.secret()));
        Tls tls = provider.draft().plan().tls();
        if (tls.enabled() && tls.credential() != null) {
          wantedSecrets.add(tls.credential());
        }
      }
    }
    for (Read<RouteDraft> route : allRoutes) {
      if (route.draft().gateways().contains(dataPlane.gatewayName())) {
        route.draft().rules().stream()
            .flatMap(rule -> rule.backends().stream())
            .forEach(
                backend -> {
                  if (backend.ref()
                      instanceof RouteDraft.Ref.ToService(ObjectName service, int _)) {
                    wantedServices.add(service);
                  }
                });
      }
    }
    return new References(wantedSecrets, wantedServices);
  }

  private boolean applies(Read<ProviderDraft> provider) {
    Map<String, String> selector = provider.draft().selector();
    return selector == null
        || dataPlane.isIn(provider.id().namespace()) && dataPlane.hasLabels(selector);
  }

  /** Of resources with the same host, the first one by precedence. */
  private <D> List<Read<D>> withoutConflicts(
      List<Read<D>> candidates, Function<D, HostName> hostOf) {
    Map<HostName, Read<D>> winners = new HashMap<>();
    List<Read<D>> kept = new ArrayList<>();
    for (Read<D> candidate : candidates) {
      HostName host = hostOf.apply(candidate.draft());
      Read<D> winner = winners.putIfAbsent(host, candidate);
      if (winner == null) {
        kept.add(candidate);
        continue;
      }
      candidate.problem(
          Severity.ERROR,
          Reasons.HOST_CONFLICT,
          HOST,
          "%s is the host of %s too, which is older or comes first by name; this one is not used"
              .formatted(host, winner.id()),
          problems);
    }
    return kept;
  }

  private void warnOfUnknownRules(Read<ProviderDraft> provider) {
    FieldPath path = FieldPath.SPEC.child("configs").child("routeSpecificConfigs");
    HostName host = provider.draft().host();
    for (String rule : provider.draft().configs().keySet()) {
      boolean known =
          rule.equals(ProviderDraft.DEFAULT)
              || allRoutes.stream().anyMatch(route -> route.draft().sendsTo(host, rule));
      if (!known) {
        provider.problem(
            Severity.WARNING,
            Reasons.UNKNOWN_RULE,
            path.child(rule),
            "no LLMRoute has a rule named %s that sends to %s".formatted(Fields.quote(rule), host),
            problems);
      }
    }
  }

  /** Against all providers, those for other workloads included: every data plane reports alike. */
  private void reportDanglingBackends(Read<RouteDraft> route, Set<HostName> hosts) {
    for (RouteDraft.Rule rule : route.draft().rules()) {
      for (RouteDraft.Backend backend : rule.backends()) {
        switch (backend.ref()) {
          case RouteDraft.Ref.ToProvider(HostName host) when !hosts.contains(host) ->
              route.problem(
                  Severity.ERROR,
                  Reasons.BACKEND_NOT_FOUND,
                  backend.path().child("providerHost"),
                  noProvider(host) + "; its share of requests is answered 503",
                  problems);
          case RouteDraft.Ref.Unsupported(String message) ->
              route.problem(
                  Severity.ERROR,
                  Reasons.UNSUPPORTED_BACKEND,
                  backend.path().child("backendRef"),
                  message + "; its share of requests is answered 503",
                  problems);
          case RouteDraft.Ref.ToService(ObjectName service, int port) -> {
            String trouble = trouble(service, port);
            if (trouble != null) {
              route.problem(
                  Severity.ERROR,
                  Reasons.BACKEND_NOT_FOUND,
                  backend.path().child("backendRef"),
                  trouble + "; its share of requests is answered 503",
                  problems);
            }
          }
          default -> {}
        }
      }
    }
  }

  /** What keeps a Service from being used, or null; without a cluster to ask, nothing does. */
  private String trouble(ObjectName service, int port) {
    if (backends.isEmpty()) {
      return null;
    }
    return switch (backends.get().services().get(service)) {
      case null -> "Service %s does not exist".formatted(service);
      case Lookup.Refused<ServicePorts>(String why) -> "Service %s %s".formatted(service, why);
      case Lookup.Found<ServicePorts>(ServicePorts ports) ->
          ports.appProtocols().containsKey(port)
              ? null
              : "Service %s has no port %d; it has %s"
                  .formatted(service, port, new TreeSet<>(ports.appProtocols().keySet()));
    };
  }

  private Target service(ObjectName service, int port) {
    String trouble = trouble(service, port);
    if (trouble != null) {
      return new Target.Unresolved(Reasons.BACKEND_NOT_FOUND, trouble);
    }
    boolean https =
        backends
            .map(there -> Lookup.valueOf(there.services().get(service)))
            .map(ports -> ports.appProtocols().get(port))
            .filter("https"::equalsIgnoreCase)
            .isPresent();
    return new Target.Provider(
        new ProviderPlan(
            HostName.service(service.name(), service.namespace()).text(),
            port,
            null,
            https ? Tls.SIMPLE : Tls.DISABLE,
            Timeouts.DEFAULT,
            0,
            null),
        ModelConfig.NONE);
  }

  private static String noProvider(HostName host) {
    return "no usable LLMProvider has the host " + Fields.quote(host.text());
  }

  private void reportSecrets(Read<ProviderDraft> provider) {
    provider
        .draft()
        .secretRefs()
        .forEach(
            (path, ref) -> {
              var resolution = CredentialResolver.resolve(ref, secrets);
              if (resolution
                  instanceof
                  CredentialResolver.Resolution.Unavailable(String reason, String message)) {
                provider.problem(Severity.ERROR, reason, path, message, problems);
              }
            });
    reportClientCertificate(provider);
  }

  private void reportClientCertificate(Read<ProviderDraft> provider) {
    Tls tls = provider.draft().plan().tls();
    if (!tls.enabled() || tls.credential() == null) {
      return;
    }
    String trouble =
        switch (secrets.get(tls.credential())) {
          case null -> "does not exist";
          case Lookup.Refused<SecretData>(String why) -> why;
          case Lookup.Found<SecretData>(SecretData secret)
              when tls.mode() == Mode.MUTUAL
                  && !secret.keys().containsAll(Set.of("tls.crt", "tls.key")) ->
              "must have the keys tls.crt and tls.key; it has " + secret.keys();
          case Lookup.Found<SecretData> _ -> null;
        };
    if (trouble != null) {
      boolean refused = secrets.get(tls.credential()) instanceof Lookup.Refused;
      provider.problem(
          Severity.ERROR,
          refused ? Reasons.SECRET_NOT_READABLE : Reasons.SECRET_NOT_FOUND,
          FieldPath.SPEC.child("tls").child("credentialName"),
          "Secret %s %s".formatted(tls.credential(), trouble),
          problems);
    }
  }

  /** The rules that can apply here; none if the route is for other data planes. */
  private List<RulePlan> rules(Read<RouteDraft> route) {
    RouteDraft draft = route.draft();
    if (!draft.gateways().contains(dataPlane.gatewayName())) {
      return List.of();
    }
    return draft.rules().stream().flatMap(rule -> rule(route, rule)).toList();
  }

  private Stream<RulePlan> rule(Read<RouteDraft> route, RouteDraft.Rule rule) {
    List<RouteDraft.Match> here = rule.matches().stream().filter(this::applies).toList();
    if (here.isEmpty() && !rule.matches().isEmpty()) {
      return Stream.empty();
    }
    boolean always = here.stream().anyMatch(match -> match.conditions() == null);
    List<MatchPlan> matches =
        always ? List.of() : here.stream().map(RouteDraft.Match::conditions).toList();
    List<BackendPlan> backends =
        rule.backends().stream()
            .filter(backend -> backend.weight() > 0)
            .map(backend -> backend(route, rule, backend))
            .toList();
    return Stream.of(new RulePlan(rule.name(), rule.index(), matches, backends, rule.retry()));
  }

  private boolean applies(RouteDraft.Match match) {
    return dataPlane.hasLabels(match.sourceLabels())
        && (match.gateways().isEmpty() || match.gateways().contains(dataPlane.gatewayName()));
  }

  private BackendPlan backend(
      Read<RouteDraft> route, RouteDraft.Rule rule, RouteDraft.Backend backend) {
    Target target =
        switch (backend.ref()) {
          case RouteDraft.Ref.ToProvider(HostName host) -> provider(route, rule, backend, host);
          case RouteDraft.Ref.ToService(ObjectName service, int port) -> service(service, port);
          case RouteDraft.Ref.Unsupported(String message) ->
              new Target.Unresolved(Reasons.UNSUPPORTED_BACKEND, message);
        };
    return new BackendPlan(target, backend.weight(), backend.priority(), backend.hostRewrite());
  }

  private Target provider(
      Read<RouteDraft> route, RouteDraft.Rule rule, RouteDraft.Backend backend, HostName host) {
    ProviderDraft provider = providersHere.get(host);
    if (provider != null) {
      return new Target.Provider(provider.plan(), provider.configFor(rule.name()));
    }
    boolean elsewhere =
        allProviders.stream().anyMatch(candidate -> candidate.draft().host().equals(host));
    if (!elsewhere) {
      return new Target.Unresolved(Reasons.BACKEND_NOT_FOUND, noProvider(host));
    }
    String message =
        "the workloadSelector of the LLMProvider of %s leaves this data plane out".formatted(host);
    route.problem(
        Severity.WARNING,
        Reasons.BACKEND_NOT_SELECTED,
        backend.path().child("providerHost"),
        message + "; here its share of requests is answered 503",
        problems);
    return new Target.Unresolved(Reasons.BACKEND_NOT_SELECTED, message);
  }

  /**
   * Routes first, then the providers that no route speaks for; a name goes to the first that claims
   * it.
   */
  private SortedMap<String, HostPlan> hosts(
      List<Read<RouteDraft>> routes,
      Map<Read<RouteDraft>, List<RulePlan>> rules,
      List<Read<ProviderDraft>> providers) {
    SortedMap<String, HostPlan> hosts = new TreeMap<>();
    Set<String> claimed =
        routes.stream().map(route -> route.draft().host().text()).collect(Collectors.toSet());
    Map<String, Read<RouteDraft>> shortNames = new HashMap<>();
    for (Read<RouteDraft> route : routes) {
      HostName host = route.draft().host();
      SortedSet<String> names = new TreeSet<>(Set.of(host.text()));
      for (String name : host.names(dataPlane)) {
        if (claimed.add(name)) {
          names.add(name);
          shortNames.put(name, route);
        } else if (!name.equals(host.text())) {
          reportTakenName(route, name, shortNames.get(name));
        }
      }
      hosts.put(host.text(), new HostPlan(host.text(), names, route.id(), rules.get(route)));
    }
    for (Read<ProviderDraft> provider : providers) {
      HostName host = provider.draft().host();
      SortedSet<String> names = host.names(dataPlane);
      names.removeIf(name -> !claimed.add(name));
      if (names.contains(host.text())) {
        hosts.put(host.text(), new HostPlan(host.text(), names, provider.id(), direct(provider)));
      }
    }
    return hosts;
  }

  private void reportTakenName(Read<RouteDraft> route, String name, Read<RouteDraft> holder) {
    route.problem(
        Severity.WARNING,
        Reasons.HOST_CONFLICT,
        HOST,
        holder == null
            ? "the name %s is another route's host".formatted(name)
            : "the name %s goes to %s; this one answers to its longer names"
                .formatted(name, holder.id()),
        problems);
  }

  private static List<RulePlan> direct(Read<ProviderDraft> provider) {
    ProviderDraft draft = provider.draft();
    Target target = new Target.Provider(draft.plan(), draft.configFor(ProviderDraft.DEFAULT));
    BackendPlan backend = new BackendPlan(target, 1, 0, null);
    return List.of(new RulePlan("", 0, List.of(), List.of(backend), null));
  }
}

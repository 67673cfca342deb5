package dev.caravan.resource;

import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.Problem;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceId;
import dev.caravan.api.SecretData;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a file holds.
 *
 * @param broken the file could not be read to its end: what it held before stays in force
 */
record Manifest(
    List<Resource<LLMProviderSpec>> providers,
    List<Resource<LLMRouteSpec>> routes,
    List<Resource<SecretData>> secrets,
    List<Problem> problems,
    boolean broken) {
  static final Manifest EMPTY = new Manifest(List.of(), List.of(), List.of(), List.of(), false);

  Manifest {
    providers = List.copyOf(providers);
    routes = List.copyOf(routes);
    secrets = List.copyOf(secrets);
    problems = List.copyOf(problems);
  }

  static Manifest unreadable(Problem problem) {
    return new Manifest(List.of(), List.of(), List.of(), List.of(problem), true);
  }

  Set<ResourceId> ids() {
    Set<ResourceId> ids = new HashSet<>();
    Stream.of(providers, routes, secrets)
        .flatMap(List::stream)
        .forEach(resource -> ids.add(resource.id()));
    return ids;
  }

  /**
   * These resources, marked as those of an earlier read, with the problems of this read before
   * their own.
   */
  Manifest asStale(List<Problem> whyNot) {
    return new Manifest(
        providers.stream().map(Manifest::stale).toList(),
        routes.stream().map(Manifest::stale).toList(),
        secrets.stream().map(Manifest::stale).toList(),
        Stream.concat(whyNot.stream(), problems.stream()).toList(),
        false);
  }

  private static <S> Resource<S> stale(Resource<S> resource) {
    return resource.withOrigin(resource.origin().asStale());
  }
}

package dev.caravan.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a source knows at one moment.
 *
 * @param providers at most one for each namespace and name; with a null spec where it could not be
 *     read
 * @param routes likewise
 * @param secrets the Secrets that are there
 * @param backends what is there in the cluster for routes to send to; empty where no cluster is
 *     asked
 * @param problems what the source itself found wrong: files that cannot be parsed, values of the
 *     wrong type
 */
public record ResourceSnapshot(
    List<Resource<LLMProviderSpec>> providers,
    List<Resource<LLMRouteSpec>> routes,
    Map<ObjectName, Lookup<SecretData>> secrets,
    Optional<ClusterBackends> backends,
    List<Problem> problems) {
  public static final ResourceSnapshot EMPTY =
      new ResourceSnapshot(List.of(), List.of(), Map.of(), Optional.empty(), List.of());

  public ResourceSnapshot {
    providers = List.copyOf(providers);
    routes = List.copyOf(routes);
    secrets = Map.copyOf(secrets);
    problems = List.copyOf(problems);
  }
}

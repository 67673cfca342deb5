package dev.caravan.runtime;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a data plane. Each is an option of {@code caravan run}, a property ({@code
 * caravan.management-port}) and an environment variable ({@code CARAVAN_MANAGEMENT_PORT}).
 */
@ConfigMapping(prefix = "caravan")
public interface Settings {
  /** Files and directories with manifests. */
  Optional<List<Path>> paths();

  /** TCP port of the traffic, 1 to 65535. */
  int port();

  /** Address to listen on, for traffic and management. */
  String bind();

  /** TCP port of health, metrics and the configuration dump, 1 to 65535. */
  int managementPort();

  /** {@code HOST[:PORT]=ADDR:PORT}, where to connect to instead of asking DNS. */
  Optional<List<String>> resolve();

  /** PEM file with certificates to trust beside the JVM's. */
  Optional<Path> ca();

  /** Namespace of this data plane; none = resources of every namespace apply. */
  Optional<String> namespace();

  /**
   * kubeconfig of the cluster to read from; none = the manifests of {@link #paths}, or without
   * these, in a pod, the pod's own cluster.
   */
  Optional<Path> kubeconfig();

  /** kubeconfig of the cluster with LLMProviders and LLMRoutes, where that is another one. */
  Optional<Path> configKubeconfig();

  /**
   * {@code all} (the default), or {@code own}: only resources of {@link #namespace} are watched.
   */
  @WithDefault("all")
  Watch watch();

  /** Which namespaces are watched. */
  enum Watch {
    ALL,
    OWN
  }

  /** How long a watch may be silent before it is begun anew; at least the bookmarks' minute. */
  @WithDefault("150s")
  Duration watchSilence();

  /** Labels of this data plane, {@code a=b,c=d}. */
  Optional<List<String>> labels();

  /** {@code NAMESPACE/NAME} when this data plane is a gateway; none = a sidecar. */
  Optional<String> gateway();

  /** Largest JSON request body in bytes; above it 413. */
  @WithDefault("67108864")
  long bodyLimit();

  /** Heap for request bodies of all calls together, in bytes; 0 = a quarter of the heap. */
  @WithDefault("0")
  long bufferLimit();

  /** Where request bodies above 1 MiB wait. */
  @WithDefault("${java.io.tmpdir}")
  String spoolDirectory();

  /** Whether resources come from an API server. */
  default boolean readsCluster() {
    boolean named = kubeconfig().isPresent() || configKubeconfig().isPresent();
    boolean inPod = System.getenv("KUBERNETES_SERVICE_HOST") != null;
    return named || inPod && paths().isEmpty();
  }
}

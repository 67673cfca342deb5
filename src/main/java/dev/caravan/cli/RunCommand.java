package dev.caravan.cli;

import dev.caravan.plan.DataPlane;
import dev.caravan.resource.kubernetes.Clusters;
import dev.caravan.runtime.DataPlaneApplication;
import dev.caravan.runtime.ExtraTrust;
import dev.caravan.runtime.Label;
import dev.caravan.runtime.ResolveEntry;
import dev.caravan.runtime.Settings;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code caravan run}: serves the hosts of some manifests until it is stopped. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Serves the hosts of LLMProvider and LLMRoute manifests and follows every change of them.")
public final class RunCommand implements Callable<Integer> {
  private static final String PREFIX = "caravan.";
  private static final List<String> KUBECONFIGS = List.of("kubeconfig", "config-kubeconfig");
  private static final List<String> PORTS = List.of(PREFIX + "port", PREFIX + "management-port");

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "PATH",
      arity = "0..*",
      description = "Files and directories with manifests")
  private List<Path> paths = List.of();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = {
        "Read LLMProviders, LLMRoutes, Secrets and Services from this cluster instead of files;",
        "in a pod, without PATH, the pod's own cluster is read"
      })
  private Path kubeconfig;

  @Option(
      names = "--config-kubeconfig",
      paramLabel = "FILE",
      description = "The cluster with LLMProviders and LLMRoutes, where that is another one")
  private Path configKubeconfig;

  @Option(
      names = "--watch",
      paramLabel = "all|own",
      description = "Watch all namespaces (the default), or only that of --namespace")
  private Settings.Watch watch;

  @Option(names = "--port", paramLabel = "PORT", description = "Port of the traffic (15001)")
  private Integer port;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description = "Address to listen on (127.0.0.1)")
  private String bind;

  @Option(
      names = "--management-port",
      paramLabel = "PORT",
      description = "Port of health, metrics and configuration dump (15020)")
  private Integer managementPort;

  @Option(
      names = "--resolve",
      paramLabel = "HOST[:PORT]=ADDR:PORT",
      description = "Connect to this address for a host; may be repeated")
  private List<String> resolve = List.of();

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "PEM file with certificates to trust too")
  private Path ca;

  @Mixin private DataPlaneOptions identity;

  @Override
  public Integer call() {
    properties().forEach(System::setProperty);
    Config config = ConfigProvider.getConfig();
    checkSettings(config);
    String address = config.getValue("caravan.bind", String.class);
    for (String setting : PORTS) {
      int port = port(config, setting);
      if (!free(address, port)) {
        spec.commandLine()
            .getErr()
            .printf(
                "caravan: port %d on %s is in use, or the address is not this machine's; choose another with --%s or --bind%n",
                port, address, setting.substring(PREFIX.length()));
        return 1;
      }
    }
    Quarkus.run(DataPlaneApplication.class);
    return 0;
  }

  /**
   * Wherever a setting comes from, options or environment: what cannot be is a sentence before
   * anything starts.
   */
  private void checkSettings(Config config) {
    list(config, "paths").forEach(path -> mustExist(Path.of(path), "PATH"));
    list(config, "resolve").forEach(entry -> parsed(() -> ResolveEntry.parse(entry)));
    list(config, "labels").forEach(label -> parsed(() -> Label.parse(label)));
    config.getOptionalValue(PREFIX + "ca", Path.class).ifPresent(this::mustHoldCertificates);
    checkCluster(config);
    PORTS.forEach(setting -> port(config, setting));
  }

  private void checkCluster(Config config) {
    for (String setting : KUBECONFIGS) {
      Optional<Path> file = config.getOptionalValue(PREFIX + setting, Path.class);
      file.ifPresent(path -> mustExist(path, "--" + setting));
      file.ifPresent(path -> parsed(() -> Clusters.read(path)));
      if (file.isPresent() && !list(config, "paths").isEmpty()) {
        throw refused("PATH and --%s exclude each other".formatted(setting));
      }
    }
    boolean own =
        config.getOptionalValue(PREFIX + "watch", String.class).orElse("").equalsIgnoreCase("own");
    if (own && config.getOptionalValue(PREFIX + "namespace", String.class).isEmpty()) {
      throw refused("--watch own needs --namespace");
    }
  }

  private static List<String> list(Config config, String name) {
    return config.getOptionalValues(PREFIX + name, String.class).orElse(List.of());
  }

  private void parsed(Runnable parsing) {
    try {
      parsing.run();
    } catch (IllegalArgumentException e) {
      throw refused(e.getMessage());
    }
  }

  private int port(Config config, String setting) {
    String value = config.getValue(setting, String.class);
    try {
      int port = Integer.parseInt(value.trim());
      if (port >= 1 && port <= 65535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // told below, as any other number that is no port
    }
    throw refused(
        "--%s must be 1 to 65535, not %s".formatted(setting.substring(PREFIX.length()), value));
  }

  private void mustExist(Path path, String what) {
    if (!Files.exists(path)) {
      throw refused(what + ": there is no " + path);
    }
  }

  private void mustHoldCertificates(Path pem) {
    mustExist(pem, "--ca");
    try {
      ExtraTrust.beside(pem);
    } catch (IOException | GeneralSecurityException e) {
      throw refused("--ca: " + pem + " holds no PEM certificates");
    }
  }

  private ParameterException refused(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }

  private static boolean free(String address, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(address), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What is not given stays with the environment or the defaults. */
  private Map<String, String> properties() {
    Map<String, String> properties = new TreeMap<>();
    put(properties, "paths", join(paths.stream().map(Path::toString).toList()));
    put(properties, "port", port);
    put(properties, "bind", bind);
    put(properties, "management-port", managementPort);
    put(properties, "resolve", join(resolve));
    put(properties, "ca", ca);
    put(properties, "kubeconfig", kubeconfig);
    put(properties, "config-kubeconfig", configKubeconfig);
    put(properties, "watch", watch == null ? null : watch.name().toLowerCase(Locale.ROOT));
    DataPlane dataPlane = identity.dataPlane();
    put(properties, "namespace", dataPlane.namespace().orElse(null));
    put(
        properties,
        "labels",
        join(
            dataPlane.labels().entrySet().stream()
                .map(l -> l.getKey() + "=" + l.getValue())
                .toList()));
    put(properties, "gateway", dataPlane.gateway().orElse(null));
    return properties;
  }

  /** As SmallRye Config reads a list: commas within an element are escaped. */
  private static String join(List<String> elements) {
    return elements.isEmpty()
        ? null
        : String.join(
            ",", elements.stream().map(e -> e.replace("\\", "\\\\").replace(",", "\\,")).toList());
  }

  private static void put(Map<String, String> properties, String name, Object value) {
    if (value != null) {
      properties.put(PREFIX + name, value.toString());
    }
  }
}

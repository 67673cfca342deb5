package dev.caravan.cli;

import dev.caravan.plan.DataPlane;
import dev.caravan.runtime.DataPlaneApplication;
import dev.caravan.runtime.ResolveEntry;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
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
  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "PATH",
      arity = "0..*",
      description = "Files and directories with manifests")
  private List<Path> paths = List.of();

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
    try {
      resolve.forEach(ResolveEntry::parse);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
    paths.forEach(path -> mustExist(path, "PATH"));
    if (ca != null) {
      mustExist(ca, "--ca");
    }
    properties().forEach(System::setProperty);
    PrintWriter err = spec.commandLine().getErr();
    var config = org.eclipse.microprofile.config.ConfigProvider.getConfig();
    String address = config.getValue("caravan.bind", String.class);
    for (String setting : List.of("caravan.port", "caravan.management-port")) {
      int wanted = config.getValue(setting, Integer.class);
      if (wanted < 1 || wanted > 65535) {
        throw new ParameterException(
            spec.commandLine(),
            "--%s must be 1 to 65535, not %d"
                .formatted(setting.substring("caravan.".length()), wanted));
      }
      if (!free(address, wanted)) {
        err.printf(
            "caravan: port %d on %s is in use; choose another with --%s%n",
            wanted, address, setting.substring("caravan.".length()));
        return 1;
      }
    }
    Quarkus.run(DataPlaneApplication.class);
    return 0;
  }

  private void mustExist(Path path, String what) {
    if (!Files.exists(path)) {
      throw new ParameterException(spec.commandLine(), what + ": there is no " + path);
    }
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
      properties.put("caravan." + name, value.toString());
    }
  }
}

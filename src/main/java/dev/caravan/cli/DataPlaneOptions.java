package dev.caravan.cli;

import dev.caravan.plan.DataPlane;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that say who this data plane is; for every command that plans. */
final class DataPlaneOptions {
  static final String DEFAULT_NAMESPACE = "default";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--namespace",
      paramLabel = "NS",
      description = {
        "The namespace of this data plane, and of resources that name none;",
        "without it resources that name none are in \"default\" and no namespace is left out."
      })
  private String namespace;

  @Option(
      names = "--labels",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "The labels of this data plane's pod: for workloadSelector and sourceLabels.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Option(
      names = "--gateway",
      paramLabel = "NS/NAME",
      description = "The gateway that this data plane is; without it a sidecar (mesh).")
  private String gateway;

  /**
   * @throws ParameterException if a value cannot be
   */
  DataPlane dataPlane() {
    if (gateway != null && !gateway.matches("[a-z0-9.-]+/[a-z0-9.-]+")) {
      throw new ParameterException(
          command.commandLine(), "--gateway must be NAMESPACE/NAME, not \"" + gateway + "\"");
    }
    if (namespace != null && !namespace.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?")) {
      throw new ParameterException(
          command.commandLine(), "--namespace must be a name, not \"" + namespace + "\"");
    }
    return new DataPlane(Optional.ofNullable(namespace), labels, Optional.ofNullable(gateway));
  }

  /** The namespace of resources that name none, as with {@code kubectl --namespace}. */
  String resourceNamespace() {
    return namespace == null ? DEFAULT_NAMESPACE : namespace;
  }
}

package dev.caravan.resource.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.api.ApiGroup;
import dev.caravan.api.Origin;
import dev.caravan.api.Problem;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceId;
import dev.caravan.api.SecretData;
import dev.caravan.api.ServicePorts;
import dev.caravan.resource.SpecReader;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the client's objects mean in Caravan's own records: pure functions. */
final class ApiServerObjects {
  private static final ObjectMapper JACKSON = new ObjectMapper();

  private ApiServerObjects() {}

  /** How the client addresses one of the two kinds, in the stored version. */
  static ResourceDefinitionContext definition(String kind) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(ApiGroup.NAME)
        .withVersion(ApiGroup.VERSIONS.getFirst())
        .withKind(kind)
        .withPlural(kind.toLowerCase(Locale.ROOT) + "s")
        .withNamespaced(true)
        .build();
  }

  static <S> Kind.Read<S> read(GenericKubernetesResource object, String kind, Class<S> specType) {
    ObjectMeta meta = object.getMetadata();
    Resource<S> bare =
        new Resource<>(
            object.getApiVersion(),
            new ResourceId(kind, meta.getNamespace(), meta.getName()),
            Instant.parse(meta.getCreationTimestamp()),
            null,
            Origin.ofApiServer(
                new Origin.Version(
                    meta.getUid(),
                    meta.getGeneration() == null ? 0 : meta.getGeneration(),
                    meta.getResourceVersion())));
    List<Problem> problems = new ArrayList<>();
    JsonNode spec = JACKSON.valueToTree(object.getAdditionalProperties().get("spec"));
    S read = SpecReader.read(spec, specType, bare, Set.of(), problems);
    return new Kind.Read<>(bare.withSpec(read), List.copyOf(problems));
  }

  static SecretData secretData(Secret secret) {
    Map<String, byte[]> values = new HashMap<>();
    if (secret.getData() != null) {
      secret.getData().forEach((key, value) -> values.put(key, Base64.getDecoder().decode(value)));
    }
    Map<String, String> annotations = secret.getMetadata().getAnnotations();
    return new SecretData(
        values,
        SecretData.allowedNamespaces(
            annotations == null ? null : annotations.get(SecretData.ALLOW_NAMESPACES)));
  }

  static ServicePorts servicePorts(Service service) {
    Map<Integer, String> appProtocols = new HashMap<>();
    for (ServicePort port : service.getSpec().getPorts()) {
      appProtocols.put(port.getPort(), port.getAppProtocol() == null ? "" : port.getAppProtocol());
    }
    return new ServicePorts(appProtocols);
  }
}

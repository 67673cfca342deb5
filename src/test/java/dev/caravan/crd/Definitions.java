package dev.caravan.crd;

import dev.caravan.api.ApiGroup;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.ResourceStatus;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinitionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The custom resource definitions, as fabric8's generator makes them of the records. */
final class Definitions {
  static final String WRITE = "./mvnw test -Dtest=CustomResourceDefinitionsTest -Dcrds=write";
  private static final String HEADER =
      "# Generated from src/main/java/dev/caravan/api; do not edit. " + WRITE + "\n";
  private static final String ACCEPTED = ".status.conditions[?(@.type==\"Accepted\")]";

  private Definitions() {}

  /** For the generator only; Caravan itself reads the kinds as trees. */
  @Group(ApiGroup.NAME)
  @Version("v1beta1")
  @Kind(ApiGroup.PROVIDER_KIND)
  @ShortNames("llmp")
  static final class Provider extends CustomResource<LLMProviderSpec, ResourceStatus>
      implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  /** Likewise. */
  @Group(ApiGroup.NAME)
  @Version("v1beta1")
  @Kind(ApiGroup.ROUTE_KIND)
  @ShortNames("llmr")
  static final class Route extends CustomResource<LLMRouteSpec, ResourceStatus>
      implements Namespaced {
    private static final long serialVersionUID = 1L;
  }

  /** Content by file name. */
  static Map<String, String> generate() {
    try {
      Path directory = Files.createTempDirectory("crds");
      new CRDGenerator()
          .customResourceClasses(Provider.class, Route.class)
          .forCRDVersions("v1")
          .withMinQuotes(true)
          .withPostProcessor(
              new CRDPostProcessor() {
                @Override
                public HasMetadata process(HasMetadata definition, String version) {
                  return complete(definition);
                }
              })
          .inOutputDir(directory.toFile())
          .detailedGenerate();
      Map<String, String> files = new TreeMap<>();
      try (var written = Files.list(directory)) {
        for (Path file : written.toList()) {
          String name = file.getFileName().toString().replaceAll("\\..*", ".yaml");
          String yaml = Files.readString(file).replaceFirst("(?s)^#.*?\\n(?=[^#])", "");
          files.put(name, HEADER + yaml);
          Files.delete(file);
        }
      }
      Files.delete(directory);
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What the generator has no annotation for: the other version, the category, columns in order.
   */
  private static HasMetadata complete(HasMetadata generated) {
    CustomResourceDefinition definition = (CustomResourceDefinition) generated;
    definition.getSpec().getNames().setCategories(List.of("llm"));
    CustomResourceDefinitionVersion stored = definition.getSpec().getVersions().getFirst();
    JSONSchemaProps schema = stored.getSchema().getOpenAPIV3Schema();
    schema.setRequired(List.of("spec"));
    withoutDoubles(schema);
    JSONSchemaProps conditions =
        schema.getProperties().get("status").getProperties().get("conditions");
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    conditions
        .getItems()
        .getSchema()
        .getProperties()
        .get("lastTransitionTime")
        .setFormat("date-time");
    boolean provider = definition.getSpec().getNames().getKind().equals(ApiGroup.PROVIDER_KIND);
    List<CustomResourceColumnDefinition> columns = new ArrayList<>();
    columns.add(column("Host", "string", ".spec.host"));
    columns.add(
        provider
            ? column("Model", "string", ".spec.configs.defaultConfig.openAIConfig.model")
            : column("Rules", "string", ".spec.rules[*].name"));
    columns.add(column("Accepted", "string", ACCEPTED + ".status"));
    columns.add(column("Reason", "string", ACCEPTED + ".reason"));
    columns.add(column("Age", "date", ".metadata.creationTimestamp"));
    stored.setAdditionalPrinterColumns(columns);
    definition
        .getSpec()
        .setVersions(
            List.of(
                stored,
                new CustomResourceDefinitionVersionBuilder(stored)
                    .withName(ApiGroup.VERSIONS.getLast())
                    .withStorage(false)
                    .build()));
    return definition;
  }

  /** The generator finds an annotation of a record's list at the field and at the accessor. */
  private static void withoutDoubles(JSONSchemaProps schema) {
    schema.setXKubernetesValidations(
        schema.getXKubernetesValidations().stream().distinct().toList());
    schema.getProperties().values().forEach(Definitions::withoutDoubles);
    if (schema.getItems() != null) {
      withoutDoubles(schema.getItems().getSchema());
    }
    if (schema.getAdditionalProperties() != null
        && schema.getAdditionalProperties().getSchema() != null) {
      withoutDoubles(schema.getAdditionalProperties().getSchema());
    }
  }

  private static CustomResourceColumnDefinition column(String name, String type, String path) {
    return new CustomResourceColumnDefinitionBuilder()
        .withName(name)
        .withType(type)
        .withJsonPath(path)
        .build();
  }
}

package dev.caravan.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The checked-in definitions; {@code -Dcrds=write} writes them. */
class CustomResourceDefinitionsTest {
  private static final Path CHECKED_IN = Path.of("crds");

  /** Above it, kubectl apply's annotation exceeds what metadata may hold. */
  private static final int MOST_BYTES = 200_000;

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  @Test
  void the_checked_in_definitions_are_those_of_the_records() throws IOException {
    Map<String, String> generated = Definitions.generate();
    assertThat(generated).containsOnlyKeys("llmproviders.yaml", "llmroutes.yaml");
    for (Map.Entry<String, String> file : generated.entrySet()) {
      Path path = CHECKED_IN.resolve(file.getKey());
      if ("write".equals(System.getProperty("crds"))) {
        Files.writeString(path, file.getValue());
      }
      assertThat(path)
          .as("after a change of the records: " + Definitions.WRITE)
          .hasContent(file.getValue());
    }
  }

  @Test
  void each_definition_is_small_enough_for_a_plain_kubectl_apply() throws IOException {
    for (String yaml : Definitions.generate().values()) {
      assertThat(new ObjectMapper().writeValueAsBytes(YAML.readTree(yaml)).length)
          .isLessThan(MOST_BYTES);
    }
  }

  @Test
  void every_field_has_a_description_and_none_a_default() throws IOException {
    for (String yaml : Definitions.generate().values()) {
      for (JsonNode version : YAML.readTree(yaml).path("spec").path("versions")) {
        List<String> bare = new ArrayList<>();
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        look(schema.path("properties").path("spec"), "spec", bare);
        look(schema.path("properties").path("status"), "status", bare);
        assertThat(bare).isEmpty();
      }
    }
  }

  private static void look(JsonNode schema, String path, List<String> bare) {
    if (schema.has("default")) {
      bare.add(path + " has a default");
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      String at = path + "." + field.getKey();
      if (!field.getValue().has("description")) {
        bare.add(at + " has no description");
      }
      look(field.getValue(), at, bare);
      look(field.getValue().path("items"), at + "[]", bare);
      look(field.getValue().path("additionalProperties"), at + "{}", bare);
    }
  }
}

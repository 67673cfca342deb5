package dev.caravan.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.cluster.ApiServer;
import dev.caravan.cluster.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the API server says to manifests, in both versions. */
class CustomResourceDefinitionsIT {
  private static final Path MANIFESTS = Path.of("src/test/resources/crds");
  private static final String EXPECT = "# expect: ";
  private static ApiServer server;

  @BeforeAll
  static void start() {
    server = SharedApiServer.get();
  }

  static List<Path> valid() throws IOException {
    return manifests("valid-");
  }

  static List<Path> invalid() throws IOException {
    return manifests("invalid-");
  }

  private static List<Path> manifests(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(MANIFESTS)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("valid")
  void aGoodManifestIsTakenAndApplyingItAgainChangesNothing(Path file) throws IOException {
    for (String version : List.of("v1beta1", "v1")) {
      String yaml = in(version, file);
      String first = applied(yaml);
      assertThat(applied(yaml)).isEqualTo(first);
      server.kubectlReading(yaml, "delete", "-f", "-").orFail();
    }
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void aBadManifestIsRefusedWithASentence(Path file) throws IOException {
    String sentence = Files.readAllLines(file).getFirst().substring(EXPECT.length());
    for (String version : List.of("v1beta1", "v1")) {
      Result refused = server.kubectlReading(in(version, file), "apply", "-f", "-");
      assertThat(refused.exit()).isNotZero();
      assertThat(refused.err()).contains(sentence);
    }
  }

  @Test
  void theManifestsOfTheProductPageAreTakenUnchanged() {
    for (String step : List.of("0-setup", "1-header-rule", "2-weighted-split")) {
      server.kubectl("apply", "--server-side", "-f", "../examples/product-page/" + step).orFail();
    }
    assertThat(server.kubectl("get", "llmproviders,llmroutes").orFail().text())
        .contains("HOST", "MODEL", "RULES", "ACCEPTED", "REASON", "dashscope.aliyuncs.com");
    assertThat(server.kubectl("get", "llm").orFail().text()).contains("dashscope-qwen");
    assertThat(server.kubectl("get", "llmp,llmr").orFail().text()).contains("moonshot");
    assertThat(server.kubectl("explain", "llmroute.spec.rules.backendRefs.weight").orFail().text())
        .contains("sum of the weights");
    assertThat(server.kubectl("apply", "-k", "../crds").orFail().text()).contains("unchanged");
  }

  /** The object's version after a server-side apply: equal where nothing was changed. */
  private static String applied(String yaml) {
    return server
        .kubectlReading(
            yaml, "apply", "--server-side", "-f", "-", "-o", "jsonpath={.metadata.resourceVersion}")
        .orFail()
        .text();
  }

  private static String in(String version, Path file) throws IOException {
    return Files.readString(file).replace(".com/v1beta1", ".com/" + version);
  }
}

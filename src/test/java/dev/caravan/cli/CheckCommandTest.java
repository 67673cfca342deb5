package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CheckCommandTest {
  private static final Path MANIFESTS = Path.of("src/test/resources/manifests");

  private record Run(int exitCode, String out, String err) {}

  private static Run caravan(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = Caravan.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return new Run(command.execute(args), out.toString(), err.toString());
  }

  static Stream<Path> manifests() throws IOException {
    try (Stream<Path> files = Files.list(MANIFESTS)) {
      return files
          .filter(file -> !file.toString().endsWith(".txt"))
          .map(Path::getFileName)
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("manifests")
  void a_manifest_gives_the_lines_beside_it(Path name) throws IOException {
    Path file = MANIFESTS.resolve(name);
    Path expected = Path.of(file.toString().replaceFirst("\\.\\w+$", ".txt"));

    Run run = caravan("check", "--labels", "app=shop", file.toString());

    assertThat(run.out().replace(MANIFESTS + "/", "")).isEqualTo(Files.readString(expected));
    assertThat(run.exitCode()).isEqualTo(name.toString().startsWith("valid") ? 0 : 1);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).doesNotContain("CANARY", "424242");
  }

  @Test
  void the_manifests_of_the_product_page_have_no_errors() {
    Run run = caravan("check", "examples/product-page");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            examples/product-page/1-header-rule/LLMProvider.yaml:1: LLMProvider/dashscope-qwen: warning: is in \
            examples/product-page/0-setup/LLMProvider.yaml:1 too; this later one is used, as kubectl apply would have it
            2 providers, 2 routes: 0 errors, 1 warning
            """);
  }

  @Test
  void json_is_an_array_of_problems_with_their_fields() throws IOException {
    Run run =
        caravan("check", "-o", "json", MANIFESTS.resolve("invalid-reference.json").toString());

    JsonNode problems = new ObjectMapper().readTree(run.out());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).properties().stream().map(Object::toString))
        .containsExactly(
            "severity=\"error\"",
            "kind=\"LLMRoute\"",
            "namespace=\"default\"",
            "name=\"r\"",
            "reason=\"BackendNotFound\"",
            "path=\"spec.rules[0].backendRefs[0].providerHost\"",
            "message=\"no usable LLMProvider has the host \\\"gone.test\\\"; its share of requests is answered 503\"",
            "file=\"src/test/resources/manifests/invalid-reference.json\"",
            "line=9");
  }

  @Test
  void json_without_problems_is_an_empty_array(@TempDir Path empty) {
    assertThat(caravan("check", "--output=json", empty.toString()).out().strip()).isEqualTo("[ ]");
  }

  @Test
  void the_data_plane_is_what_the_options_say(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("p.yaml");
    Files.writeString(
        file,
        """
        apiVersion: istio.alibabacloud.com/v1
        kind: LLMProvider
        metadata: {name: p}
        spec:
          host: p.test
          workloadSelector: {labels: {app: shop, tier: web}}
          configs: {defaultConfig: {openAIConfig: {apiKeySecretRef: {name: s, key: k}}}}
        """);

    Run selected =
        caravan("check", "--namespace", "shop", "--labels", "app=shop,tier=web", file.toString());
    Run other = caravan("check", "--namespace", "shop", "--labels", "app=bank", file.toString());

    assertThat(selected.exitCode()).isEqualTo(1);
    assertThat(selected.out()).contains("Secret shop/s does not exist");
    assertThat(other.exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "check",
        "check no-such-folder",
        "check --nonsense examples",
        "check --output xml examples",
        "check --gateway gw examples",
        "check --namespace A_B examples",
        "check --labels app examples",
        "nonsense"
      })
  void wrong_usage_is_one_sentence_and_exit_code_2(String arguments) {
    Run run = caravan(arguments.split(" "));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("caravan").contains("--help");
  }

  @Test
  void a_path_that_does_not_exist_is_named() {
    assertThat(caravan("check", "no-such-folder").err())
        .contains("there is no file or directory \"no-such-folder\"");
  }

  @Test
  void an_unknown_command_or_option_is_named() {
    assertThat(caravan("chekc").err())
        .isEqualToNormalizingNewlines(
            "caravan: there is no command chekc; did you mean check? (see caravan --help)\n");
    assertThat(caravan("check", "--nonsense", "examples").err())
        .startsWith("caravan check: there is no option --nonsense");
  }

  @Test
  void without_a_command_the_usage_is_shown() {
    Run run = caravan();

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Usage: caravan", "check");
  }
}

package dev.caravan.resource.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClustersTest {
  @TempDir private Path directory;

  @Test
  void a_broken_kubeconfig_is_named_and_nothing_of_it_is_quoted() throws IOException {
    Path file = directory.resolve("broken");
    Files.writeString(file, "users:\n- user: {token: sk-CANARY-1, bad\n");

    assertThatThrownBy(() -> Clusters.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .hasMessageNotContaining("CANARY")
        .hasNoCause();
  }

  @Test
  void the_cluster_and_the_token_of_the_current_context_are_taken() throws IOException {
    Path file = directory.resolve("config");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: b
        clusters:
          - {name: a, cluster: {server: "https://127.0.0.1:1"}}
          - {name: b, cluster: {server: "https://127.0.0.1:2"}}
        users: [{name: u, user: {token: t}}]
        contexts:
          - {name: a, context: {cluster: a, user: u}}
          - {name: b, context: {cluster: b, user: u}}
        """);

    assertThat(Clusters.read(file).getMasterUrl()).startsWith("https://127.0.0.1:2");
    assertThat(Clusters.read(file).getAutoOAuthToken()).isEqualTo("t");
  }
}

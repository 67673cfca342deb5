package dev.caravan.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ApiServerIT {
  private static ApiServer server;

  @BeforeAll
  static void start() {
    ApiServer.whyNotAvailable().ifPresent(Assumptions::abort);
    server = ApiServer.builder().auditPolicy(ApiServer.AUDIT_SECRETS).start();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void isReadyAndListensOnLoopbackOnly() {
    assertThat(server.kubectl("get", "--raw", "/readyz").orFail().text()).isEqualTo("ok");
    assertThat(server.url()).startsWith("https://127.0.0.1:");
    assertThat(server.rssBytes()).isGreaterThan(50L << 20);
    assertThat(server.cpu()).isPositive();
  }

  @Test
  void whatIsAppliedCanBeRead() {
    server.apply(configMap("applied"));

    assertThat(server.kubectl("get", "configmap", "applied", "-o=jsonpath={.data.a}").text())
        .isEqualTo("b");
  }

  @Test
  void whatCannotBeAppliedFailsLoudly() {
    assertThatThrownBy(() -> server.apply("{apiVersion: v1, kind: Nothing, metadata: {name: a}}"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Nothing");
  }

  @Test
  void aServiceAccountWithoutARoleIsRefused() {
    Path kubeconfig = server.kubeconfigOf("roles", "nobody");

    Result refused = server.kubectlAs(kubeconfig, "get", "secrets");

    assertThat(refused.succeeded()).isFalse();
    assertThat(refused.err())
        .contains("Forbidden", "system:serviceaccount:roles:nobody", "namespace \"roles\"");
  }

  @Test
  void aServiceAccountMayDoWhatItsRoleAllows() {
    Path kubeconfig = server.kubeconfigOf("roles", "viewer", Duration.ofMinutes(10));
    // Not the ClusterRole view: what is in it is put together by the controller-manager.
    server
        .kubectl(
            "create", "role", "viewer", "--verb=list", "--resource=configmaps", "--namespace=roles")
        .orFail();
    server
        .kubectl(
            "create",
            "rolebinding",
            "viewer",
            "--role=viewer",
            "--serviceaccount=roles:viewer",
            "--namespace=roles")
        .orFail();

    // The authorizer learns of a new role by a watch.
    await().until(() -> server.kubectlAs(kubeconfig, "get", "configmaps").succeeded());
  }

  @Test
  void aTokenThatIsNoneIsRefusedUntilItIsReplaced() {
    Path kubeconfig = server.kubeconfigOf("tokens", "someone");
    server.replaceToken(kubeconfig, "tokens", "none");

    assertThat(server.kubectlAs(kubeconfig, "auth", "whoami").err()).contains("Unauthorized");

    String token = server.tokenOf("tokens", "someone", Duration.ofMinutes(10));
    server.replaceToken(kubeconfig, "tokens", token);
    server.kubectlAs(kubeconfig, "auth", "whoami").orFail();
  }

  @Test
  void objectsOutliveAKilledServer() {
    server.apply(configMap("kept"));

    server.kill();
    assertThat(server.kubectl("get", "configmap", "kept").err()).contains("refused");

    server.restart();
    server.kubectl("get", "configmap", "kept").orFail();
  }

  @Test
  void theAuditLogTellsWhoReadASecretAndNotWhatIsInIt() {
    server.kubectl("create", "secret", "generic", "audited", "--from-literal=key=CANARY").orFail();
    server.kubectl("get", "secret", "audited").orFail();

    List<JsonNode> events =
        server.auditLog().stream()
            .filter(event -> event.at("/objectRef/name").asText().equals("audited"))
            .toList();

    assertThat(events).extracting(event -> event.path("verb").asText()).contains("get");
    assertThat(events).allMatch(event -> event.at("/user/username").asText().equals("admin"));
    assertThat(events.toString()).doesNotContain("CANARY");
  }

  @Test
  void aNamespaceGoesAwayWhereThereIsAControllerManager() {
    ApiServer.whyNoControllerManager().ifPresent(Assumptions::abort);
    try (ApiServer withControllers = ApiServer.builder().withControllerManager().start()) {
      withControllers.kubectl("create", "namespace", "passing").orFail();

      withControllers.kubectl("delete", "namespace", "passing", "--timeout=50s").orFail();
    }
  }

  private static String configMap(String name) {
    return """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: %s}, data: {a: b}}
        """
        .formatted(name);
  }
}

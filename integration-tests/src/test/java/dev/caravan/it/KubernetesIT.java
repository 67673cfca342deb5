package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.cluster.ApiServer;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A data plane that reads a real API server, as a ServiceAccount with the rights of {@code
 * kustomize/base/rbac}. The tests that take the server or the kinds away come last.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KubernetesIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Path LOOSE_CRDS = Path.of("src/test/resources/kubernetes/loose-crds.yaml");
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Emulator PROVIDER = Emulator.start();
  private static ApiServer server;
  private static Path dataPlane;

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .reading(KubernetesIT::startServer)
          .resolving("a.test", "blue.test", "green.test", "split.test", "key.test", "late.test")
          .resolving("kept.test", "other.test", "good.test", "foreign.test")
          .tolerating("no usable LLMProvider has the host") // while all of a kind are deleted
          .tolerating("weight: must be a whole number")
          .tolerating("Secret .* (does not exist|may not be read|has no key)")
          .build();

  private static Path startServer() {
    ApiServer.whyNotAvailable().ifPresent(Assumptions::abort);
    server = ApiServer.builder().auditPolicy(ApiServer.AUDIT_SECRETS).start();
    server.install(LOOSE_CRDS);
    dataPlane = server.kubeconfigOf("shop", "app");
    server.kubectl("apply", "-f", "../kustomize/base/rbac/data-plane.yaml").orFail();
    server
        .kubectl(
            "create",
            "clusterrolebinding",
            "data-plane",
            "--clusterrole=caravan-data-plane",
            "--serviceaccount=shop:app")
        .orFail();
    return dataPlane;
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  @Order(1)
  void aProviderIsServedChangedAndGoneAgain() {
    server.apply(provider("a.test").model("one").yaml());
    awaitModel("a.test", "one");

    server.apply(provider("a.test").model("two").yaml());
    awaitModel("a.test", "two");

    server.kubectl("delete", "llmprovider", "a-test").orFail();
    await().atMost(SOON).until(() -> ask("a.test").statusCode() == 404);
  }

  @Test
  @Order(1)
  void noRequestFailsWhileTheWeightsOfItsHostChange() throws Exception {
    server.apply(provider("blue.test").model("blue").yaml());
    server.apply(provider("green.test").model("green").yaml());
    server.apply(route("split", 100, 0));
    awaitModel("split.test", "blue");

    underLoad(
        "split.test",
        () -> {
          for (int i = 0; i < 10; i++) {
            boolean green = i % 2 == 0;
            server.apply(route("split", green ? 0 : 100, green ? 100 : 0));
            awaitModel("split.test", green ? "green" : "blue");
          }
        });
  }

  @Test
  @Order(1)
  void aSecretIsReadByItsNameAndARotatedKeyIsUsedOnTheSameConnection() throws Exception {
    grant("keys");
    server.apply(provider("key.test").model("m").keyFrom("keys", "k").yaml());
    await().atMost(SOON).until(() -> ask("key.test").statusCode() == 503);
    assertThat(ask("key.test").body()).contains("Secret default/keys does not exist", "key k");

    server.apply(secret("keys", "sk-CANARY-1"));
    awaitKey("sk-CANARY-1");
    try (RawClient client = CARAVAN.connect()) {
      ReceivedRequest before = askOn(client);
      server.apply(secret("keys", "sk-CANARY-2"));
      await()
          .atMost(SOON)
          .until(
              () ->
                  askOn(client)
                      .keyFingerprint()
                      .equals(ReceivedRequest.fingerprint("sk-CANARY-2")));
      assertThat(askOn(client).connection()).isEqualTo(before.connection());
    }
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("CANARY"));
  }

  @Test
  @Order(2)
  void onlyReferredSecretsAreAskedForAndOnlyByName() {
    assertThat(server.auditLog())
        .filteredOn(event -> event.path("user").path("username").asText().endsWith(":shop:app"))
        .isNotEmpty()
        .allSatisfy(
            event ->
                assertThat(event.path("requestURI").asText())
                    .containsAnyOf(
                        "fieldSelector=metadata.name%3Dkeys",
                        "/secrets/keys", "fieldSelector=metadata.name%3Dforbidden"));
  }

  @Test
  @Order(1)
  void aSecretThatMayNotBeReadIsToldSoAndOthersWork() {
    server.apply(secret("forbidden", "sk-CANARY-3"));
    server.apply(provider("foreign.test").model("m").keyFrom("forbidden", "k").yaml());
    server.apply(provider("other.test").model("other").yaml());

    awaitModel("other.test", "other");
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(ask("foreign.test").body()).contains("is forbidden"));
    assertThat(ask("foreign.test").statusCode()).isEqualTo(503);
  }

  @Test
  @Order(1)
  void whatTheJavaModelCannotReadIsAProblemOfThatObjectAlone() {
    server.apply(route("bad", 1, 1).replace("weight: 1}", "weight: \"ten\"}"));
    server.apply(provider("good.test").model("good-1").with("tomorrow: {field: 1}").yaml());
    awaitModel("good.test", "good-1");
    CARAVAN.awaitLine(line -> line.contains("weight: must be a whole number"));

    server.apply(provider("good.test").model("good-2").yaml());
    awaitModel("good.test", "good-2");
    server.kubectl("delete", "llmroute", "bad").orFail();
    await().atMost(SOON).until(() -> !CARAVAN.management("/caravan/config").body().contains("ten"));
  }

  @Test
  @Order(1)
  void aDataPlaneMayNotWriteAStatusOrReadOtherSecrets() {
    assertThat(mayDo("list", "secrets")).isFalse();
    assertThat(mayDo("patch", "llmproviders.istio.alibabacloud.com/status")).isFalse();
    assertThat(mayDo("list", "llmproviders.istio.alibabacloud.com")).isTrue();
  }

  @Test
  @Order(3)
  void whileTheApiServerIsAwayTheLastConfigurationServes() throws Exception {
    server.apply(provider("kept.test").model("kept-1").yaml());
    awaitModel("kept.test", "kept-1");

    underLoad(
        "kept.test",
        () -> {
          server.kill();
          CARAVAN.awaitLine(line -> line.contains("what was read stays in force"));
          assertThat(CARAVAN.management("/q/health/ready").statusCode()).isEqualTo(200);
          server.restart();
        });
    server.apply(provider("kept.test").model("kept-2").yaml());
    awaitModel("kept.test", "kept-2");
  }

  @Test
  @Order(4)
  void withoutTheKindsHostsGoAndReadinessTellsUntilTheyAreBack() {
    server.kubectl("delete", "-f", LOOSE_CRDS.toString(), "--wait=false").orFail();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(CARAVAN.management("/q/health/ready").body())
                    .contains("llmproviders.istio.alibabacloud.com is not installed"));
    assertThat(ask("kept.test").statusCode()).isEqualTo(404);
    assertThat(CARAVAN.management("/q/health/live").statusCode()).isEqualTo(200);

    server.install(LOOSE_CRDS);
    server.apply(provider("late.test").model("late").yaml());
    awaitModel("late.test", "late");
    await().atMost(SOON).until(() -> CARAVAN.management("/q/health/ready").statusCode() == 200);
  }

  private interface Change {
    void make() throws Exception;
  }

  /** Eight clients ask all the time; each answer must be whole and 200. */
  private static void underLoad(String host, Change change) throws Exception {
    AtomicBoolean more = new AtomicBoolean(true);
    List<Future<Integer>> clients = new ArrayList<>();
    try (ExecutorService load = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 8; i++) {
        clients.add(
            load.submit(
                () -> {
                  int answers = 0;
                  while (more.get()) {
                    assertThat(ask(host).statusCode()).isEqualTo(200);
                    answers++;
                  }
                  return answers;
                }));
      }
      try {
        change.make();
      } finally {
        more.set(false);
      }
    }
    for (Future<Integer> client : clients) {
      assertThat(client.get()).isPositive();
    }
  }

  private static boolean mayDo(String verb, String resource) {
    return server
        .kubectlAs(dataPlane, "auth", "can-i", verb, resource, "--namespace=default")
        .text()
        .trim()
        .equals("yes");
  }

  /** As an administrator does it for each key. */
  private static void grant(String secret) {
    server.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: caravan-%1$s, namespace: default}
        rules:
          - {apiGroups: [""], resources: [secrets], resourceNames: [%1$s], verbs: [get, list, watch]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: caravan-%1$s, namespace: default}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: caravan-%1$s}
        subjects: [{kind: ServiceAccount, name: app, namespace: shop}]
        """
            .formatted(secret));
  }

  private static String secret(String name, String key) {
    return "{apiVersion: v1, kind: Secret, metadata: {name: %s}, data: {k: %s}}"
        .formatted(name, Base64.getEncoder().encodeToString(key.getBytes()));
  }

  private static String route(String name, int blue, int green) {
    return """
    apiVersion: istio.alibabacloud.com/v1beta1
    kind: LLMRoute
    metadata: {name: %s}
    spec:
      host: %1$s.test
      rules:
        - backendRefs:
            - {providerHost: blue.test, weight: %d}
            - {providerHost: green.test, weight: %d}
    """
        .formatted(name, blue, green);
  }

  private static HttpResponse<String> ask(String host) {
    return CARAVAN.post(host, ASK);
  }

  private static void awaitModel(String host, String model) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> ask(host).headers().firstValue("x-emulator-model").orElse("").equals(model));
  }

  private static void awaitKey(String key) {
    await()
        .atMost(SOON)
        .until(
            () ->
                ask("key.test").statusCode() == 200
                    && PROVIDER
                        .requests(Match.host("key.test"))
                        .getLast()
                        .keyFingerprint()
                        .equals(ReceivedRequest.fingerprint(key)));
  }

  private static ReceivedRequest askOn(RawClient client) throws Exception {
    client.post("key.test", ASK).readHead();
    client.readBody();
    return PROVIDER.requests(Match.host("key.test")).getLast();
  }
}

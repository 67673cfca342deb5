package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.cluster.ApiServer;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * As the product page has it: the two kinds are in a control plane, Secrets in the cluster of the
 * pods. The connections to the control plane go through a proxy that can leave them hanging.
 */
class TwoClustersIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Path LOOSE_CRDS = Path.of("src/test/resources/kubernetes/loose-crds.yaml");
  private static final Emulator PROVIDER = Emulator.start();
  private static ApiServer control;
  private static ApiServer workload;
  private static StallingProxy proxy;
  private static Path controlKubeconfig;

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .reading(TwoClustersIT::startWorkload)
          .configuredBy(TwoClustersIT::startControl)
          .jvm("-Dcaravan.watch-silence=4s")
          .resolving("key.test", "stall.test", "token.test")
          .tolerating("Secret default/keys does not exist")
          .build();

  private static Path startWorkload() {
    ApiServer.whyNotAvailable().ifPresent(Assumptions::abort);
    workload = ApiServer.start();
    return workload.kubeconfig();
  }

  private static Path startControl() {
    control = ApiServer.start();
    control.install(LOOSE_CRDS);
    controlKubeconfig = control.kubeconfigOf("mesh", "reader");
    control
        .kubectl(
            "create",
            "clusterrole",
            "reader",
            "--verb=get,list,watch",
            "--resource=llmproviders.istio.alibabacloud.com,llmroutes.istio.alibabacloud.com")
        .orFail();
    control
        .kubectl(
            "create",
            "clusterrolebinding",
            "reader",
            "--clusterrole=reader",
            "--serviceaccount=mesh:reader")
        .orFail();
    int port = URI.create(control.url()).getPort();
    proxy = new StallingProxy(port);
    throughProxy();
    return controlKubeconfig;
  }

  private static void throughProxy() {
    try {
      String direct = Files.readString(controlKubeconfig);
      String address = "https://127.0.0.1:" + proxy.port();
      Files.writeString(controlKubeconfig, direct.replace(control.url(), address));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    if (control != null) {
      proxy.close();
      control.close();
    }
    if (workload != null) {
      workload.close();
    }
  }

  @Test
  void theKindsComeFromTheControlPlaneAndTheKeyFromTheWorkloadCluster() {
    control.apply(provider("key.test").model("m").keyFrom("keys", "k").yaml());
    await().until(() -> ask("key.test").statusCode() == 503);

    String key = Base64.getEncoder().encodeToString("sk-CANARY-two".getBytes());
    workload.apply(
        "{apiVersion: v1, kind: Secret, metadata: {name: keys}, data: {k: %s}}".formatted(key));

    await().until(() -> ask("key.test").statusCode() == 200);
    assertThat(PROVIDER.requests(Match.host("key.test")).getLast().keyFingerprint())
        .isEqualTo(ReceivedRequest.fingerprint("sk-CANARY-two"));
  }

  @Test
  void aWatchThatHangsWithoutAWordIsBegunAnew() {
    control.apply(provider("stall.test").model("before").yaml());
    await().until(() -> modelOf("stall.test").equals("before"));

    proxy.stall();
    control.apply(provider("stall.test").model("after").yaml());

    await().atMost(Duration.ofSeconds(20)).until(() -> modelOf("stall.test").equals("after"));
  }

  @Test
  void afterATokenHasExpiredTheNewOneOfTheFileIsUsed() {
    control.apply(provider("token.test").model("old").yaml());
    await().until(() -> modelOf("token.test").equals("old"));

    control.kubectl("delete", "serviceaccount", "reader", "--namespace=mesh").orFail();
    control.kill();
    control.restart();
    control.apply(provider("token.test").model("new").yaml());
    CARAVAN.awaitLine(line -> line.contains("cannot be watched: Unauthorized"));
    assertThat(modelOf("token.test")).isEqualTo("old");

    String fresh = control.tokenOf("mesh", "reader", Duration.ofMinutes(10));
    control.replaceToken(controlKubeconfig, "mesh", fresh);
    await().atMost(Duration.ofSeconds(20)).until(() -> modelOf("token.test").equals("new"));
  }

  private static HttpResponse<String> ask(String host) {
    return CARAVAN.post(host, ASK);
  }

  private static String modelOf(String host) {
    return ask(host).headers().firstValue("x-emulator-model").orElse("");
  }
}

package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.ReceivedRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an operator reads on the management port. */
class ManagementIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "sk-CANARY-management";
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(provider("managed.test").model("m-managed").key(KEY))
          .tolerating("gone\\.test")
          .build();

  @Test
  void theConfigurationInForceIsShownWithFingerprintsAndNoKeys() throws Exception {
    String body = CARAVAN.management("/caravan/config").body();

    JsonNode backend = JSON.readTree(body).at("/hosts/0/rules/0/backends/0");
    assertThat(backend.path("provider").asText()).isEqualTo("managed.test");
    assertThat(backend.path("model").asText()).isEqualTo("m-managed");
    assertThat(backend.at("/key/fingerprint").asText()).isEqualTo(ReceivedRequest.fingerprint(KEY));
    assertThat(body).doesNotContain(KEY);
  }

  @Test
  void aChangeIsANewGenerationAndItsProblemsAreListed() throws Exception {
    long before = generation();

    CARAVAN.write(
        "managed-bad.yaml",
        """
        apiVersion: istio.alibabacloud.com/v1
        kind: LLMRoute
        metadata: {name: bad}
        spec: {host: bad.test, rules: [{backendRefs: [{providerHost: gone.test}]}]}
        """);

    await().until(() -> generation() > before);
    String dump = CARAVAN.management("/caravan/config").body();
    assertThat(dump).contains("gone.test", "BackendNotFound", "managed-bad.yaml");
    CARAVAN.delete("managed-bad.yaml");
    await().until(() -> !CARAVAN.management("/caravan/config").body().contains("gone.test"));
  }

  @Test
  void requestsAndTokensAreCountedWithoutSecretsOrWordsOfTheClient() {
    CARAVAN.post("managed.test", ASK);
    CARAVAN.post("chosen-by-the-client.test", ASK);
    CARAVAN.awaitAccess("m-managed");

    String metrics = CARAVAN.management("/q/metrics").body();

    assertThat(metrics)
        .containsPattern(
            "caravan_requests_total\\{host=\"managed.test\",outcome=\"complete\",provider=\"managed.test\",rule=\"rule 1\",status_class=\"2xx\"} \\d")
        .contains("caravan_tokens_total", "outcome=\"unknown_host\"", "camel_routes_running_routes")
        .doesNotContain("chosen-by-the-client", KEY);
  }

  @Test
  void readinessTellsTheGeneration() throws Exception {
    JsonNode ready = JSON.readTree(CARAVAN.management("/q/health/ready").body());

    assertThat(ready.path("status").asText()).isEqualTo("UP");
    assertThat(ready.toString()).contains("\"generation\":");
  }

  private static long generation() throws Exception {
    return JSON.readTree(CARAVAN.management("/caravan/config").body()).path("generation").asLong();
  }
}

package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weighted splits: case C1 of cases.md. */
class WeightsIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(provider("a.test"), provider("b.test"))
          .manifest("split.yaml", route("split", 80, 20))
          .manifest("never.yaml", route("never", 100, 0))
          .manifest(
              "zero.yaml",
              """
              apiVersion: istio.alibabacloud.com/v1beta1
              kind: LLMRoute
              metadata:
                name: zero
              spec:
                host: zero.test
                rules:
                - name: alone
                  matches:
                  - headers: {x-rule: {exact: alone}}
                  backendRefs:
                  - {providerHost: a.test, weight: 0}
                - name: both
                  matches:
                  - headers: {x-rule: {exact: both}}
                  backendRefs:
                  - {providerHost: a.test, weight: 0}
                  - {providerHost: b.test, weight: 0}
                - name: rest
                  backendRefs:
                  - {providerHost: b.test}
              """)
          .tolerating("weight")
          .build();

  @Test
  void callsAreSharedByWeight() {
    ask("split.test", 1000);

    // Six standard deviations: off once in 500 million runs.
    assertThat(PROVIDER.calls("a.test")).isBetween(724L, 876L);
    assertThat(PROVIDER.calls("a.test") + PROVIDER.calls("b.test")).isEqualTo(1000);
  }

  @Test
  void aBackendOfWeightZeroGetsNothing() {
    ask("never.test", 200);

    assertThat(PROVIDER.calls()).containsOnlyKeys("a.test").containsEntry("a.test", 200L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"alone", "both"})
  void whereAllWeightsAreZeroTheRuleIsUnavailableAndNoOther(String rule) {
    HttpResponse<String> answer = CARAVAN.post("zero.test", ASK, "x-rule", rule);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.body()).contains("\"no_backend\"", rule);
    assertThat(PROVIDER.requests()).isEmpty();
    ask("split.test", 1);
  }

  @Test
  void aLoneBackendNeedsNoWeight() {
    ask("zero.test", 20);

    assertThat(PROVIDER.calls()).containsOnlyKeys("b.test").containsEntry("b.test", 20L);
  }

  private static void ask(String host, int times) {
    for (int i = 0; i < times; i++) {
      HttpResponse<String> answer = CARAVAN.post(host, ASK);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
  }

  private static String route(String name, int a, int b) {
    return """
        apiVersion: istio.alibabacloud.com/v1beta1
        kind: LLMRoute
        metadata:
          name: %s
        spec:
          host: %s.test
          rules:
          - backendRefs:
            - {providerHost: a.test, weight: %d}
            - {providerHost: b.test, weight: %d}
        """
        .formatted(name, name, a, b);
  }
}

package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which resources, rules and matches apply to whom: one pod's sidecar, and one gateway. */
class IdentityIT {
  private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final Emulator SIDECARS = Emulator.start();
  private static final Emulator GATEWAYS = Emulator.start();

  @RegisterExtension
  static final CaravanProcess SIDECAR =
      serving(CaravanProcess.before(SIDECARS))
          .option("--namespace", "shop", "--labels", "app=cart,version=v1")
          .build();

  @RegisterExtension
  static final CaravanProcess GATEWAY =
      serving(CaravanProcess.before(GATEWAYS))
          .option("--namespace", "istio-system", "--labels", "app=egress")
          .option("--gateway", "istio-system/egress")
          .build();

  @ParameterizedTest
  @ValueSource(strings = {"everyone.test", "mine.test", "mine-too.test"})
  void aProviderAppliesToTheWorkloadsThatItsSelectorPicks(String host) {
    assertThat(status(SIDECAR, host)).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"other-version.test", "other-app.test", "other-namespace.test"})
  void aProviderAppliesToNoOthers(String host) {
    assertThat(status(SIDECAR, host)).isEqualTo(404);
  }

  @Test
  void rulesApplyByTheLabelsOfTheirSource() {
    assertThat(model(SIDECAR, "labelled")).isEqualTo("m-cart");
  }

  @Test
  void aRouteOfAGatewayIsNotASidecars() {
    assertThat(status(SIDECAR, "gateway-only")).isEqualTo(404);
    assertThat(model(GATEWAY, "gateway-only.istio-system")).isEqualTo("m-gateway");
  }

  @Test
  void aRouteOfTheMeshIsNotAGateways() {
    assertThat(status(GATEWAY, "labelled.shop")).isEqualTo(404);
  }

  @Test
  void aRouteOfBothIsBoths() {
    assertThat(model(SIDECAR, "both.istio-system")).isEqualTo("m-mesh");
    assertThat(model(GATEWAY, "both.istio-system")).isEqualTo("m-gateway");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "labelled",
        "labelled.shop",
        "labelled.shop.svc",
        "labelled.shop.svc.cluster.local",
        "LABELLED.shop:80",
        "labelled.shop.svc.cluster.local."
      })
  void aShortServiceNameAnswersToItsLongNames(String host) {
    assertThat(model(SIDECAR, host)).isEqualTo("m-cart");
  }

  @ParameterizedTest
  @ValueSource(strings = {"labelled.other", "labelled.other.svc", "labelled.shop.example"})
  void aShortServiceNameAnswersToNoOtherNamespace(String host) {
    assertThat(status(SIDECAR, host)).isEqualTo(404);
  }

  private static int status(CaravanProcess caravan, String host) {
    return caravan.post(host, ASK).statusCode();
  }

  private static String model(CaravanProcess caravan, String host) {
    var answer = caravan.post(host, ASK);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.headers().firstValue("x-emulator-model").orElse("");
  }

  private static CaravanProcess.Builder serving(CaravanProcess.Builder caravan) {
    return caravan
        .serving(
            provider("everyone.test").in("warehouse"),
            provider("mine.test").in("shop").with("workloadSelector: {labels: {app: cart}}"),
            provider("mine-too.test")
                .in("shop")
                .with("workloadSelector: {labels: {app: cart, version: v1}}"),
            provider("other-version.test")
                .in("shop")
                .with("workloadSelector: {labels: {app: cart, version: v2}}"),
            provider("other-app.test").in("shop").with("workloadSelector: {labels: {app: x}}"),
            provider("other-namespace.test")
                .in("warehouse")
                .with("workloadSelector: {labels: {app: cart}}"),
            provider("p.test")
                .in("shop")
                .model("m-plain")
                .modelOfRule("cart", "m-cart")
                .modelOfRule("other", "m-other"),
            provider("g.test")
                .in("istio-system")
                .model("m-plain")
                .modelOfRule("of-gateway", "m-gateway")
                .modelOfRule("of-mesh", "m-mesh"))
        .manifest(
            "labelled.yaml",
            """
            apiVersion: istio.alibabacloud.com/v1beta1
            kind: LLMRoute
            metadata: {name: labelled, namespace: shop}
            spec:
              host: labelled
              rules:
              - name: other
                matches:
                - sourceLabels: {app: cart, version: v2}
                backendRefs: [{providerHost: p.test}]
              - name: cart
                matches:
                - sourceLabels: {app: cart}
                backendRefs: [{providerHost: p.test}]
            """)
        .manifest("gateway-only.yaml", route("gateway-only", "[istio-system/egress]"))
        .manifest("both.yaml", route("both", "[mesh, istio-system/egress]"));
  }

  private static String route(String name, String gateways) {
    return """
        apiVersion: istio.alibabacloud.com/v1beta1
        kind: LLMRoute
        metadata: {name: %s, namespace: istio-system}
        spec:
          host: %s
          gateways: %s
          rules:
          - name: of-gateway
            matches:
            - gateways: [istio-system/egress]
            backendRefs: [{providerHost: g.test}]
          - name: of-mesh
            matches:
            - gateways: [mesh]
            backendRefs: [{providerHost: g.test}]
        """
        .formatted(name, name, gateways);
  }
}

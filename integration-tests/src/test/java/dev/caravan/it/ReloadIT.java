package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Configuration changes while traffic flows. */
class ReloadIT {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final String ASK = "{" + MESSAGES + "}";
  private static final String ASK_STREAM = "{\"stream\":true," + MESSAGES + "}";
  private static final Emulator PROVIDER = Emulator.start();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider("blue.test").model("blue"),
              provider("green.test").model("green"),
              provider("kept.test").model("kept-1"),
              provider("gone.test").model("gone"),
              provider("secret.test").model("secret").keyFrom("reload-key", "api-key"))
          .manifest("route-load.yaml", route("load", 100, 0))
          .manifest("route-stream.yaml", route("stream", 100, 0))
          .manifest("secret.yaml", secret("sk-CANARY-old"))
          .resolving("late.test", "mounted.test")
          .tolerating("spec.port: must be a whole number")
          .build();

  @Test
  void noRequestFailsOrIsCutWhileTheWeightsOfItsHostChange() throws Exception {
    AtomicBoolean more = new AtomicBoolean(true);
    List<Future<Integer>> clients = new ArrayList<>();
    try (ExecutorService load = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 8; i++) {
        boolean stream = i % 2 == 0;
        clients.add(load.submit(() -> askUntilTold(more, stream)));
      }
      try {
        for (int i = 0; i < 20; i++) {
          boolean green = i % 2 == 0;
          CARAVAN.write("route-load.yaml", route("load", green ? 0 : 100, green ? 100 : 0));
          await().until(() -> modelOf("load.test").equals(green ? "green" : "blue"));
        }
      } finally {
        more.set(false);
      }
    }
    for (Future<Integer> client : clients) {
      assertThat(client.get()).as("whole answers, and nothing else").isPositive();
    }
  }

  @Test
  void aStreamThatBeganBeforeAChangeEndsWhole() throws Exception {
    PROVIDER
        .when(Match.host("blue.test").and(Match.header("x-kind", "old")))
        .answer(Script.sse().token("one").gate("changed").token("two").finish("stop").done());
    try (RawClient client = CARAVAN.connect().post("stream.test", ASK_STREAM, "x-kind: old")) {
      client.readHead();
      assertThat(client.readData()).contains("one");

      CARAVAN.write("route-stream.yaml", route("stream", 0, 100));
      await().until(() -> modelOf("stream.test").equals("green"));

      PROVIDER.gate("changed").open();
      assertThat(client.readData()).contains("two");
      assertThat(client.readText()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void aBadEditKeepsTheLastGoodVersionAndIsReportedOnce() {
    ProviderManifest bad = provider("kept.test").model("kept-2").with("port: seventy");
    CARAVAN.write(bad);
    CARAVAN.awaitLine(line -> isProblem(line));

    assertThat(modelOf("kept.test")).isEqualTo("kept-1");

    // Another change is a second look at everything: the problem is not told again.
    CARAVAN.write(provider("late.test").model("late"));
    await().until(() -> modelOf("late.test").equals("late"));
    assertThat(CARAVAN.lines()).filteredOn(ReloadIT::isProblem).hasSize(1);

    CARAVAN.write(provider("kept.test").model("kept-3"));
    await().until(() -> modelOf("kept.test").equals("kept-3"));
  }

  @Test
  void aRotatedSecretIsUsedByTheNextRequestOnTheSameConnections() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      ReceivedRequest before = askOn(client, "secret.test");
      assertThat(before.header("authorization")).contains("Bearer sk-CANARY-old");

      CARAVAN.write("secret.yaml", secret("sk-CANARY-new"));
      String fresh = ReceivedRequest.fingerprint("sk-CANARY-new");
      await().until(() -> askOn(client, "secret.test").keyFingerprint().equals(fresh));

      assertThat(PROVIDER.requests(Match.host("secret.test")))
          .extracting(ReceivedRequest::connection)
          .containsOnly(before.connection());
    }
  }

  @Test
  void aDeletedProviderIsServedNoMore() {
    assertThat(modelOf("gone.test")).isEqualTo("gone");

    CARAVAN.delete("provider-gone.test.yaml");

    await().until(() -> CARAVAN.post("gone.test", ASK).statusCode() >= 400);
    assertThat(modelOf("blue.test")).isEqualTo("blue");
  }

  @Test
  void aMountedConfigMapIsFollowedThroughItsSymlinks() {
    String file = "mounted.yaml";
    CARAVAN.swapConfigMap(Map.of(file, provider("mounted.test").model("mounted-1").yaml()));
    await().until(() -> modelOf("mounted.test").equals("mounted-1"));

    CARAVAN.swapConfigMap(Map.of(file, provider("mounted.test").model("mounted-2").yaml()));
    await().until(() -> modelOf("mounted.test").equals("mounted-2"));
  }

  /** Asks until told otherwise; how many whole answers there were. Anything else is thrown. */
  private static int askUntilTold(AtomicBoolean more, boolean stream) throws IOException {
    int answers = 0;
    try (RawClient client = CARAVAN.connect()) {
      while (more.get()) {
        client.post("load.test", stream ? ASK_STREAM : ASK);
        Head head = client.readHead();
        String body = client.readText();
        String end = stream ? "data: [DONE]\n\n" : "}";
        if (head.status() != 200 || !body.endsWith(end)) {
          throw new AssertionError("after " + answers + " answers: " + head + " " + body);
        }
        answers++;
      }
    }
    return answers;
  }

  private static ReceivedRequest askOn(RawClient client, String host) throws IOException {
    client.post(host, ASK).readHead();
    client.readBody();
    return PROVIDER.requests(Match.host(host)).getLast();
  }

  private static String modelOf(String host) {
    HttpResponse<String> answer = CARAVAN.post(host, ASK);
    return answer.headers().firstValue("x-emulator-model").orElse("");
  }

  private static boolean isProblem(String line) {
    return line.contains("provider-kept.test.yaml") && line.contains("seventy");
  }

  private static String route(String name, int blue, int green) {
    return """
        apiVersion: istio.alibabacloud.com/v1beta1
        kind: LLMRoute
        metadata:
          name: %s
        spec:
          host: %s.test
          rules:
          - name: split
            backendRefs:
            - {providerHost: blue.test, weight: %d}
            - {providerHost: green.test, weight: %d}
        """
        .formatted(name, name, blue, green);
  }

  private static String secret(String key) {
    return """
        apiVersion: v1
        kind: Secret
        metadata:
          name: reload-key
        stringData:
          api-key: %s
        """
        .formatted(key);
  }
}

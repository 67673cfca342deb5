package dev.caravan.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.it.RawClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

class AdminServerTest {
  @Test
  void takesScriptsOpensGatesAndTellsTheCalls() throws Exception {
    try (Emulator provider = Emulator.builder().plain().start();
        AdminServer admin = new AdminServer(provider, 0);
        HttpClient http = HttpClient.newHttpClient();
        RawClient client = RawClient.connect(provider.port())) {
      String script =
          """
          {"when": {"host": "a.test"}, "times": 1,
           "steps": [{"header": {"x-a": ["1", "2"]}}, "sse", {"token": "one"},
                     {"gate": "go"}, {"event": {"b": 2}}, "done"]}""";
      assertThat(call(http, admin, "POST", "/script", script).statusCode()).isEqualTo(200);

      client.post("a.test", "{\"messages\":[]}");
      assertThat(client.readHead().headerValues("x-a")).containsExactly("1", "2");
      assertThat(client.readData()).contains("one");
      assertThat(call(http, admin, "POST", "/gates/go", "").statusCode()).isEqualTo(200);
      assertThat(client.readData()).isEqualTo("{\"b\":2}");
      assertThat(client.readData()).isEqualTo("[DONE]");
      client.readBody();
      assertThat(client.post("a.test", "{\"messages\":[]}").readHead().header("x-a")).isEmpty();
      client.readBody();

      assertThat(call(http, admin, "GET", "/calls", "").body()).contains("\"a.test\":2");
      assertThat(call(http, admin, "POST", "/reset", "").statusCode()).isEqualTo(200);
      assertThat(call(http, admin, "GET", "/calls", "").body()).doesNotContain("a.test");
    }
  }

  @Test
  void saysWhichStepItDoesNotKnow() throws Exception {
    try (Emulator provider = Emulator.builder().plain().start();
        AdminServer admin = new AdminServer(provider, 0);
        HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          call(http, admin, "POST", "/script", "{\"steps\":[{\"sleep\":1}]}");

      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("sleep");
    }
  }

  private static HttpResponse<String> call(
      HttpClient http, AdminServer admin, String method, String path, String body)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin.port() + path))
            .method(method, BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }
}

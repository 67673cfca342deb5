package dev.caravan.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** The provider's remote control. */
final class EmulatorAdmin implements AutoCloseable {
  private static final String URL = System.getenv("EMULATOR_ADMIN");

  private final HttpClient http = HttpClient.newHttpClient();

  void script(String json) {
    post("/script", json);
  }

  void open(String gate) {
    post("/gates/" + gate, "{}");
  }

  /** Forgets all scripts. */
  @Override
  public void close() {
    post("/reset", "{}");
    http.close();
  }

  private void post(String path, String json) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(URL + path)).POST(BodyPublishers.ofString(json)).build();
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}

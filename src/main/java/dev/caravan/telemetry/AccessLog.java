package dev.caravan.telemetry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Locale;
import org.jboss.logging.Logger;

/**
 * One JSON line a request, in the names of ASM's access log where it has them ({@code
 * request_model}, {@code request_prompt_tokens}, {@code request_completion_tokens}). The line is
 * formatted by the asynchronous log handler, not by the event loop; it holds neither query, body
 * nor credential.
 */
@Singleton
public class AccessLog {
  /** The log category; its handler is configured in application.properties. */
  public static final String CATEGORY = "caravan.access";

  private static final Logger LOG = Logger.getLogger(CATEGORY);
  private static final JsonFactory JSON = new JsonFactory();

  void write(RequestRecord r) {
    LOG.infof("%s", new Line(r));
  }

  private record Line(RequestRecord r) {
    @Override
    public String toString() {
      StringWriter out = new StringWriter(400);
      try (JsonGenerator json = JSON.createGenerator(out)) {
        json.writeStartObject();
        json.writeStringField(
            "start_time", Instant.ofEpochMilli(r.startedAtEpochMillis).toString());
        json.writeStringField("method", r.method);
        json.writeStringField("host", r.host);
        json.writeStringField("path", r.path);
        json.writeStringField("rule", r.rule);
        json.writeStringField("provider", r.provider);
        json.writeNumberField("status", r.status);
        json.writeStringField("outcome", r.outcome.label);
        json.writeStringField("failure", r.failure);
        json.writeStringField("provider_error", r.providerError);
        json.writeStringField("request_model", r.requestModel);
        json.writeStringField("response_model", r.answerModel);
        json.writeBooleanField("stream", r.stream);
        count(json, "request_prompt_tokens", r.promptTokens);
        count(json, "request_completion_tokens", r.completionTokens);
        millis(json, "duration_ms", r.durationMillis());
        millis(json, "time_to_first_token_ms", r.firstTokenMillis());
        json.writeNumberField("bytes_received", r.bytesReceived);
        json.writeNumberField("bytes_sent", r.bytesSent);
        json.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return out.toString();
    }

    private static void count(JsonGenerator json, String name, long value) throws IOException {
      if (value < 0) {
        json.writeNullField(name);
      } else {
        json.writeNumberField(name, value);
      }
    }

    private static void millis(JsonGenerator json, String name, double value) throws IOException {
      json.writeFieldName(name);
      if (value < 0) {
        json.writeNull();
      } else {
        json.writeNumber(String.format(Locale.ROOT, "%.1f", value));
      }
    }
  }
}

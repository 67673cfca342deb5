package dev.caravan.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Caravan's own errors in OpenAI's form: {@code {"error":{"message","type":"caravan","code"}}}. */
final class ErrorBody {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ErrorBody() {}

  static byte[] of(FailureException failure) {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("error")
        .put("message", failure.getMessage())
        .put("type", "caravan")
        .put("code", failure.failure().code());
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.caravan.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;

/** What a request says that its body is. */
enum BodyKind {
  /** Labelled as JSON: what is not, is an error. */
  JSON,
  /**
   * No label, or one that clients send without a thought (curl's -d): JSON if it begins like an
   * object.
   */
  MAYBE_JSON,
  /** Anything else goes up as it is. */
  OTHER;

  static BodyKind of(HttpServerRequest request) {
    String type = request.getHeader("content-type");
    if (type == null || type.isBlank()) {
      return MAYBE_JSON;
    }
    String essence = type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    if (essence.equals("application/json")
        || essence.endsWith("+json")
        || essence.equals("text/json")) {
      return JSON;
    }
    return essence.equals("application/x-www-form-urlencoded") || essence.startsWith("text/")
        ? MAYBE_JSON
        : OTHER;
  }
}

package dev.caravan.http;

/**
 * Every way in which Caravan itself fails a request: the {@code code} of the OpenAI-style error
 * body, the HTTP status and, in lower case, the label of metrics and access log. An answer of the
 * provider, 4xx and 5xx included, is never one of these.
 */
public enum Failure {
  MALFORMED_REQUEST(400, "malformed_request"),
  MALFORMED_JSON(400, "malformed_json"),
  BODY_TIMEOUT(408, "body_timeout"),
  LENGTH_LIMIT(413, "body_too_large"),
  TARGET_TOO_LONG(414, "target_too_long"),
  UNSUPPORTED_ENCODING(415, "unsupported_encoding"),
  EXPECTATION_FAILED(417, "expectation_failed"),
  HEAD_TOO_LARGE(431, "head_too_large"),
  UNKNOWN_HOST(404, "unknown_host"),
  NO_RULE(404, "no_rule"),
  METHOD_NOT_SUPPORTED(501, "method_not_supported"),
  NOT_READY(503, "not_ready"),
  DRAINING(503, "draining"),
  OVERLOADED(503, "overloaded"),
  UNKNOWN_PROVIDER(503, "unknown_provider"),
  NO_BACKEND(503, "no_backend"),
  NO_CREDENTIAL(503, "no_credential"),
  CONNECT_FAILED(502, "connect_failed"),
  TLS_FAILED(502, "tls_failed"),
  UPSTREAM_CLOSED(502, "upstream_closed"),
  UPSTREAM_PROTOCOL(502, "upstream_protocol"),
  CONNECT_TIMEOUT(504, "connect_timeout"),
  FIRST_TOKEN_TIMEOUT(504, "first_token_timeout"),
  IDLE_TIMEOUT(504, "idle_timeout"),
  REQUEST_TIMEOUT(504, "request_timeout"),
  CLIENT_GONE(499, "client_gone"),
  INTERNAL(500, "internal");

  private final int status;
  private final String code;

  Failure(int status, String code) {
    this.status = status;
    this.code = code;
  }

  /** HTTP status of the answer, 400 to 599. */
  public int status() {
    return status;
  }

  /** The {@code error.code} of the answer, also the label of metrics and access log. */
  public String code() {
    return code;
  }

  /**
   * An exception for the route's error handling; its message is shown to the client and must hold
   * no secret.
   */
  public FailureException because(String message) {
    return new FailureException(this, message);
  }
}

package dev.caravan.telemetry;

/**
 * What one request did, filled in on its event loop while it runs and handed to {@link
 * RequestTelemetry} when it has ended. Times are {@link System#nanoTime()} readings; 0 = has not
 * happened.
 */
public final class RequestRecord {
  final long startedAt = System.nanoTime();
  final long startedAtEpochMillis = System.currentTimeMillis();
  String method;
  String host;
  String path;
  String rule;
  String provider;
  String requestModel;
  String answerModel;
  boolean stream;
  int status;
  String failure;
  String providerError;
  Outcome outcome = Outcome.COMPLETE;
  long promptTokens = -1;
  long completionTokens = -1;
  long sentUpAt;
  long firstTokenAt;
  long endedAt;
  long bytesReceived;
  long bytesSent;

  /** How the answer ended, as seen by the client. */
  public enum Outcome {
    /** Whole, whatever its status. */
    COMPLETE,
    /** The provider ended a stream or a JSON answer before its last word. */
    STREAM_INCOMPLETE,
    /** The provider reported an error inside an answer of status 200. */
    PROVIDER_ERROR,
    /** The client left first. */
    CLIENT_GONE,
    /** Caravan answered with an error of its own, or had to break off. */
    FAILED;

    final String label = name().toLowerCase(java.util.Locale.ROOT);
  }

  public void request(String method, String host, String path) {
    this.method = method;
    this.host = host;
    this.path = path;
  }

  /** The rule and the provider that were chosen; the last attempt counts. */
  public void routed(String rule, String provider) {
    this.rule = rule;
    this.provider = provider;
  }

  /** The model that went up, and whether a stream was asked for. */
  public void asked(String model, boolean stream) {
    this.requestModel = model;
    this.stream = stream;
  }

  public void received(long bytes) {
    bytesReceived += bytes;
  }

  /** Whether not one byte of the request body has been read. */
  public boolean nothingReceived() {
    return bytesReceived == 0;
  }

  public void sent(long bytes) {
    bytesSent += bytes;
  }

  public void sentUp() {
    sentUpAt = System.nanoTime();
  }

  public void firstToken() {
    if (firstTokenAt == 0) {
      firstTokenAt = System.nanoTime();
    }
  }

  public void status(int status) {
    this.status = status;
  }

  /** The answer's own model and token counts; -1 = unknown, which is not zero. */
  public void answered(String model, long promptTokens, long completionTokens) {
    this.answerModel = model;
    this.promptTokens = promptTokens;
    this.completionTokens = completionTokens;
  }

  public void outcome(Outcome outcome) {
    this.outcome = outcome;
  }

  /** A failure of Caravan's own: its code. */
  public void failed(String code) {
    this.failure = code;
    this.outcome = Outcome.FAILED;
  }

  /** The code of an error inside an answer; bounded, since a provider chooses it. */
  public void providerError(String code) {
    providerError = code == null || code.length() <= 64 ? code : code.substring(0, 64);
    outcome = Outcome.PROVIDER_ERROR;
  }

  void end() {
    endedAt = System.nanoTime();
  }

  /** Milliseconds from the request to the end of its answer. */
  double durationMillis() {
    return (endedAt - startedAt) / 1e6;
  }

  /** Milliseconds from the request to the first token, or -1 where there was none. */
  double firstTokenMillis() {
    return firstTokenAt == 0 ? -1 : (firstTokenAt - startedAt) / 1e6;
  }
}

package dev.caravan.bench;

/** The requests, as a client writes them. */
final class Bodies {
  static final String JSON_HOST = "json.bench.test";
  static final String SSE_HOST = "sse.bench.test";
  static final String CLIENT_MODEL = "client-model";

  /** 71 bytes. */
  static final String SMALL =
      "{\"model\":\"client-model\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  /** 4 KB: a conversation. */
  static final String LARGE = large();

  static final String STREAM =
      "{\"model\":\"client-model\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  private Bodies() {}

  private static String large() {
    StringBuilder body = new StringBuilder("{\"model\":\"client-model\",\"messages\":[");
    String turn =
        "{\"role\":\"user\",\"content\":\"What does a caravan carry \\\"across\\\" the desert, and who"
            + " leads it?\\nPlease answer at some length, with examples from several centuries.\"},";
    while (body.length() < 3_900) {
      body.append(turn);
    }
    return body.append("{\"role\":\"user\",\"content\":\"Hi\"}],\"temperature\":0.7}").toString();
  }
}

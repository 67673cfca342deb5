package dev.caravan.chat;

import java.nio.charset.StandardCharsets;

/**
 * Recognises a provider that refuses the {@code stream_options} which only Caravan sent, so that
 * the request can be made once more without it. Strict servers answer 400 or 422 and name the field
 * or the key in it, such as {@code extraneous key [include_usage] is not permitted}.
 */
public final class StreamOptionsRefusal {
  /** How much of an answer is looked at, in bytes. */
  public static final int LIMIT = 64 << 10;

  private StreamOptionsRefusal() {}

  /**
   * Whether an answer is such a refusal.
   *
   * @param status the answer's HTTP status
   * @param body the answer's body, decompressed; only its first {@link #LIMIT} bytes count
   */
  public static boolean matches(int status, byte[] body) {
    if (status != 400 && status != 422) {
      return false;
    }
    int length = Math.min(body.length, LIMIT);
    String text = new String(body, 0, length, StandardCharsets.ISO_8859_1);
    return text.contains("stream_options") || text.contains("include_usage");
  }
}

package dev.caravan.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** A provider's key: the one type that carries it. Its {@code toString} is {@code ***}. */
public final class ApiKey {
  private static final String SCHEME = "Bearer ";

  private final byte[] bytes;
  private final String headerValue;

  private ApiKey(String key) {
    this.bytes = key.getBytes(StandardCharsets.US_ASCII);
    this.headerValue = SCHEME + key;
  }

  /**
   * Space and line breaks around it and a leading {@code Bearer } are dropped (a key is often
   * pasted or piped with them).
   *
   * @throws IllegalArgumentException if nothing is left, or something that a header cannot carry;
   *     the message is the end of a sentence ("is empty") and does not hold the key
   */
  public static ApiKey of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** As {@link #of(String)}, from the bytes of a Secret. */
  public static ApiKey of(byte[] raw) {
    String key = trim(new String(raw, StandardCharsets.ISO_8859_1));
    if ((key + " ").regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      key = trim((key + " ").substring(SCHEME.length()));
    }
    if (key.isEmpty()) {
      throw new IllegalArgumentException("is empty");
    }
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c <= ' ' || c > '~') {
        throw new IllegalArgumentException(
            "holds the byte 0x%02X at position %d; only visible ASCII can be sent"
                .formatted((int) c, i + 1));
      }
    }
    return new ApiKey(key);
  }

  private static String trim(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isBlank(text.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\r' || c == '\n';
  }

  /** The value of the {@code authorization} header. */
  public String headerValue() {
    return headerValue;
  }

  /** The key itself (a copy), to mask it where a provider repeats it. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * The first eight hexadecimal digits of the key's SHA-256, to tell keys apart without showing
   * them.
   */
  public String fingerprint() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ApiKey that && MessageDigest.isEqual(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "***";
  }
}

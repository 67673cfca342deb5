package dev.caravan.plan;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Go and Kubernetes write them: {@code 500ms}, {@code 5s}, {@code 1m30s}, {@code
 * 1.5h}.
 */
final class GoDuration {
  private static final Pattern PART =
      Pattern.compile("(\\d{1,18}(?:\\.\\d{1,18})?)(ns|us|µs|ms|s|m|h)");
  private static final Pattern WHOLE = Pattern.compile("(?:" + PART.pattern() + ")+");
  private static final Map<String, BigDecimal> NANOS =
      Map.of(
          "ns", BigDecimal.ONE,
          "us", BigDecimal.valueOf(1_000),
          "µs", BigDecimal.valueOf(1_000),
          "ms", BigDecimal.valueOf(1_000_000),
          "s", BigDecimal.valueOf(1_000_000_000L),
          "m", BigDecimal.valueOf(60_000_000_000L),
          "h", BigDecimal.valueOf(3_600_000_000_000L));

  /** Timers count milliseconds in an int. */
  private static final BigDecimal MAX_NANOS =
      BigDecimal.valueOf(Integer.MAX_VALUE).multiply(BigDecimal.valueOf(1_000_000));

  private GoDuration() {}

  /**
   * @return at least 1 ms
   * @throws IllegalArgumentException with a message that is the end of a sentence
   */
  static Duration parse(String text) {
    if (!WHOLE.matcher(text).matches()) {
      throw new IllegalArgumentException("is no duration; write it as 500ms, 5s or 1m30s");
    }
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      nanos = nanos.add(new BigDecimal(part.group(1)).multiply(NANOS.get(part.group(2))));
    }
    if (nanos.compareTo(NANOS.get("ms")) < 0) {
      throw new IllegalArgumentException("must be at least 1ms");
    }
    if (nanos.compareTo(MAX_NANOS) > 0) {
      throw new IllegalArgumentException("must not be longer than 596h");
    }
    return Duration.ofNanos(nanos.longValue());
  }
}

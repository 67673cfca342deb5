package dev.caravan.plan;

import java.time.Duration;

/**
 * Four separate clocks, each above zero and below 2^31 ms.
 *
 * @param connect to connect, TLS handshake included
 * @param firstToken of a stream, from the request to the first token
 * @param idle between two pieces of the answer
 * @param request for the whole request
 */
public record Timeouts(Duration connect, Duration firstToken, Duration idle, Duration request) {
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10));
}

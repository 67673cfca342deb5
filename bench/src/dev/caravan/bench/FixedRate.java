package dev.caravan.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Open loop: requests leave at their time whatever became of those before, and a latency counts
 * from the time at which its request should have left (so that a stall is not hidden).
 */
final class FixedRate {
  static final int PER_SECOND = 1_000;
  private static final int CONNECTIONS = 32;
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1) * CONNECTIONS / PER_SECOND;

  private FixedRate() {}

  static Samples run(int port, int seconds) {
    Samples samples = new Samples();
    long begin = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
    long end = begin + TimeUnit.SECONDS.toNanos(seconds);
    byte[] request = Connection.chatRequest(Bodies.JSON_HOST, Bodies.SMALL);
    Crew.run(
        CONNECTIONS,
        n -> sendAll(port, request, begin + n * INTERVAL_NANOS / CONNECTIONS, end, samples));
    return samples;
  }

  private static void sendAll(int port, byte[] request, long first, long end, Samples samples)
      throws IOException {
    try (Connection connection = new Connection(port)) {
      for (long due = first; due < end; due += INTERVAL_NANOS) {
        for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
          LockSupport.parkNanos(wait);
        }
        connection.send(request);
        connection.answer().readAllBytes();
        samples.add(System.nanoTime() - due);
      }
    }
  }
}

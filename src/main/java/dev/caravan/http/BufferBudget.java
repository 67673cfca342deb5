package dev.caravan.http;

import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The heap that the request bodies of all calls together may hold. A body for which nothing is left
 * goes to a file at once, so that a small heap carries any mix of bodies.
 */
@Singleton
public class BufferBudget {
  private final AtomicLong left;

  /**
   * @param configuredBytes {@code caravan.buffer-limit}; 0 = a quarter of the maximum heap
   */
  BufferBudget(
      @ConfigProperty(name = "caravan.buffer-limit", defaultValue = "0") long configuredBytes) {
    left =
        new AtomicLong(
            configuredBytes > 0 ? configuredBytes : Runtime.getRuntime().maxMemory() / 4);
  }

  /** Takes so many bytes, or none at all. */
  boolean tryReserve(int bytes) {
    if (left.addAndGet(-bytes) >= 0) {
      return true;
    }
    left.addAndGet(bytes);
    return false;
  }

  void release(int bytes) {
    left.addAndGet(bytes);
  }
}

package dev.caravan.http;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * What is known of one provider host whatever route calls it, and outlives every generation of
 * routes.
 */
final class UpstreamHost {
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int busy;
  private volatile boolean refusesUsageOption;

  /**
   * Grants a place among the requests at once, now or later; each grant is to be given back by
   * {@link #release}.
   *
   * @param limit 0 = unlimited
   * @return whether it was granted now; otherwise {@code granted} is run by the thread that gives a
   *     place back
   */
  boolean acquire(int limit, Runnable granted) {
    synchronized (waiting) {
      if (limit <= 0 || busy < limit) {
        busy++;
        return true;
      }
      waiting.add(granted);
      return false;
    }
  }

  /** Gives up waiting; false when the grant is under way already. */
  boolean cancel(Runnable granted) {
    synchronized (waiting) {
      return waiting.remove(granted);
    }
  }

  void release() {
    Runnable next;
    synchronized (waiting) {
      next = waiting.poll();
      if (next == null) {
        busy--;
      }
    }
    if (next != null) {
      next.run();
    }
  }

  int busy() {
    synchronized (waiting) {
      return busy;
    }
  }

  /**
   * The provider answered that it does not know {@code stream_options}: it is not sent again, its
   * usage stays unknown.
   */
  void refusesUsageOption(boolean refuses) {
    refusesUsageOption = refuses;
  }

  boolean refusesUsageOption() {
    return refusesUsageOption;
  }
}

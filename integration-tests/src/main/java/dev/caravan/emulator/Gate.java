package dev.caravan.emulator;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A place in a script where the emulator waits until the test lets it through. With it a test
 * proves the order of things without a clock: the client holds event n before the provider may send
 * n+1.
 */
public final class Gate {
  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long arrivals;
  private long permits;
  private boolean open;

  Gate(String name) {
    this.name = name;
  }

  /** Lets everything through from now on, also what waits already. */
  public void open() {
    change(() -> open = true);
  }

  /** Lets {@code count} answers through, once each, whether they wait already or come later. */
  public void letThrough(int count) {
    change(() -> permits += count);
  }

  /** How many answers have reached the gate so far, those already let through included. */
  public long arrivals() {
    lock.lock();
    try {
      return arrivals;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until an answer has reached the gate.
   *
   * @throws AssertionError if none has within ten seconds
   */
  public void awaitArrived() {
    awaitArrivals(1);
  }

  /**
   * Waits until {@code count} answers have reached the gate.
   *
   * @throws AssertionError if they have not within ten seconds
   */
  public void awaitArrivals(long count) {
    long left = Duration.ofSeconds(10).toNanos();
    lock.lock();
    try {
      while (arrivals < count) {
        if (left <= 0) {
          throw new AssertionError(
              "gate \"" + name + "\" was reached " + arrivals + " times, not " + count);
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted before gate \"" + name + "\" was reached", e);
    } finally {
      lock.unlock();
    }
  }

  /** The emulator's side: reports the arrival and waits. */
  void pass() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      arrivals++;
      changed.signalAll();
      while (!open && permits == 0) {
        changed.await();
      }
      if (!open) {
        permits--;
      }
    } finally {
      lock.unlock();
    }
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

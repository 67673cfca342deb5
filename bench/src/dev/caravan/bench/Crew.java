package dev.caravan.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that do the same at the same time, one for each connection. */
final class Crew {
  private Crew() {}

  /** What one of them does. */
  interface Work {
    void run(int number) throws Exception;
  }

  /** Returns when all have ended; fails with the first failure. */
  static void run(int size, Work work) {
    AtomicReference<Exception> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int number = i;
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      work.run(number);
                    } catch (Exception e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new Failed("interrupted", e);
      }
    }
    if (failure.get() != null) {
      throw new Failed("a request failed: " + failure.get().getMessage(), failure.get());
    }
  }
}

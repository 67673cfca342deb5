package dev.caravan.bench;

import java.util.Arrays;

/** Durations of one measurement, in nanoseconds; several threads may add. */
final class Samples {
  private long[] values = new long[1024];
  private int count;

  synchronized void add(long nanos) {
    if (count == values.length) {
      values = Arrays.copyOf(values, count * 2);
    }
    values[count++] = nanos;
  }

  synchronized int count() {
    return count;
  }

  /** The smallest value that so many percent do not exceed, in milliseconds. */
  synchronized double percentileMillis(double percent) {
    if (count == 0) {
      throw new Failed("a driver has measured nothing");
    }
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted[Math.max(0, (int) Math.ceil(percent / 100 * count) - 1)] / 1e6;
  }
}

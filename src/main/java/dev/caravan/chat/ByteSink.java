package dev.caravan.chat;

/** Where relayed bytes go. */
@FunctionalInterface
public interface ByteSink {
  /** Takes {@code bytes[from, to)}; the array may be used anew once this returns. */
  void accept(byte[] bytes, int from, int to);
}

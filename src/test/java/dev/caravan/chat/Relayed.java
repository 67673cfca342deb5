package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** An observer, fed from arrays that are wiped after each call, and what it has handed on. */
final class Relayed {
  final AnswerObserver observer;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int taken;

  Relayed(boolean hideUsageEvent) {
    observer = new AnswerObserver(hideUsageEvent);
  }

  /** The whole answer in one feed, and its end. */
  static Relayed whole(boolean hideUsageEvent, String answer) {
    return new Relayed(hideUsageEvent).feed(answer).end();
  }

  /** The whole answer byte by byte, and its end. */
  static Relayed byteByByte(boolean hideUsageEvent, byte[] answer) {
    Relayed relayed = new Relayed(hideUsageEvent);
    for (int i = 0; i < answer.length; i++) {
      relayed.feed(answer, i, i + 1);
    }
    return relayed.end();
  }

  Relayed feed(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return feed(bytes, 0, bytes.length);
  }

  Relayed feed(byte[] bytes, int from, int to) {
    byte[] slice = Arrays.copyOfRange(bytes, from - Math.min(from, 3), to);
    observer.feed(slice, slice.length - (to - from), slice.length, this::take);
    Arrays.fill(slice, (byte) '\n');
    return this;
  }

  Relayed end() {
    observer.end(this::take);
    return this;
  }

  private void take(byte[] bytes, int from, int to) {
    out.write(bytes, from, to - from);
  }

  /** Asserts what has been handed on since the last time. */
  Relayed hands(String text) {
    assertThat(all().substring(taken)).isEqualTo(text);
    taken = all().length();
    return this;
  }

  Relayed atBoundary(boolean expected) {
    assertThat(observer.atEventBoundary()).isEqualTo(expected);
    return this;
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  int length() {
    return out.size();
  }

  String all() {
    return out.toString(UTF_8);
  }

  /** Everything that is known of the answer. */
  String facts() {
    return "%s %s %s substance=%s complete=%s failed=%s %s"
        .formatted(
            observer.kind(),
            observer.usage(),
            observer.model(),
            observer.substance(),
            observer.complete(),
            observer.failed(),
            observer.errorCode());
  }
}

package dev.caravan.emulator;

import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;

/** One step of a {@link Script}. Built through the script's methods only. */
sealed interface Step {
  /** Whether the step puts bytes of the answer's body on the wire. */
  default boolean sendsBody() {
    return false;
  }

  record Status(int code, String reason) implements Step {}

  record Field(Header header) implements Step {}

  record Trailer(Header header) implements Step {}

  record Informational(int code, List<Header> headers) implements Step {}

  record Frame(Framing framing, long length) implements Step {}

  /** Sends status line and headers now, without waiting for the first byte of the body. */
  record SendHead() implements Step {}

  record LineEnd(String end) implements Step {}

  record Gzip() implements Step {}

  record Pieces(int size) implements Step {}

  record Whole(byte[] content) implements Step {
    @Override
    public boolean sendsBody() {
      return true;
    }
  }

  record Body(byte[] content) implements Step {
    @Override
    public boolean sendsBody() {
      return true;
    }
  }

  record Event(String data) implements Step {
    @Override
    public boolean sendsBody() {
      return true;
    }
  }

  record Events(int count, IntFunction<String> data) implements Step {
    @Override
    public boolean sendsBody() {
      return true;
    }
  }

  record Comment(String text) implements Step {
    @Override
    public boolean sendsBody() {
      return true;
    }
  }

  /** Bytes past all framing; what the emulator knows about the answer's state no longer holds. */
  record Raw(byte[] bytes) implements Step {
    @Override
    public boolean sendsBody() {
      return true;
    }
  }

  record MalformedChunk() implements Step {}

  record PassGate(String name) implements Step {}

  record Delay(Duration time) implements Step {}

  record Stall() implements Step {}

  record BreakOff(Manner manner) implements Step {}

  /** How the end of an answer's body is told. */
  enum Framing {
    CONTENT_LENGTH,
    CHUNKED,
    /** Neither length nor chunks: the connection's end is the body's end. */
    CLOSE_DELIMITED
  }

  /** How the emulator leaves in the middle. */
  enum Manner {
    /** TLS close_notify, then FIN. */
    CLOSE,
    /** FIN alone, as a crashed provider or a cutting middlebox does. */
    CLOSE_WITHOUT_NOTIFY,
    /** RST. */
    RESET
  }
}

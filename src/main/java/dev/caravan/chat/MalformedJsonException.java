package dev.caravan.chat;

/**
 * A body that is no JSON text by RFC 8259. The message says what was wrong and where, and quotes at
 * most one character of the body, so that it may be shown to a client and logged. Carries no stack
 * trace: it is a verdict on a client's input, not on this program.
 */
public final class MalformedJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  private final long offset;
  private final long line;
  private final long column;

  MalformedJsonException(String what, long offset, long line, long column) {
    super(what, null, false, false);
    this.offset = offset;
    this.line = line;
    this.column = column;
  }

  /** Position of the offending byte from the start of the body, in bytes, from 0. */
  public long offset() {
    return offset;
  }

  /** Line of the offending byte, from 1; lines end with a line feed. */
  public long line() {
    return line;
  }

  /** Position of the offending byte in its line, in bytes, from 1. */
  public long column() {
    return column;
  }
}

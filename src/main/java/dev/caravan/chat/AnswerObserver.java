package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Watches an answer while it is relayed: what it cost, which model gave it, whether it is whole.
 * Looks at the bytes and at no label, never turns relayed bytes into text, and holds nothing back
 * unless asked to hide the usage event. For one answer and one thread; the bytes are decompressed.
 */
public final class AnswerObserver {
  /** What an answer is, by its first bytes. */
  public enum Kind {
    /** Nothing but white space yet, or too little to tell. */
    UNKNOWN,
    /** Server-sent events: begins with a comment or a field of theirs. */
    SSE,
    /** Begins with a brace or bracket. */
    JSON,
    /** Anything else. */
    OPAQUE
  }

  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  private static final byte[][] FIRST_FIELDS = {
    "data:".getBytes(US_ASCII),
    "event:".getBytes(US_ASCII),
    "id:".getBytes(US_ASCII),
    "retry:".getBytes(US_ASCII)
  };
  private static final int PREFIX_LIMIT = 8;
  private static final ByteSink NOWHERE = (bytes, from, to) -> {};

  private final boolean hideUsageEvent;
  private final AnswerFacts facts = new AnswerFacts();
  private EventStream events;
  private JsonAnswer json;
  private Kind kind = Kind.UNKNOWN;

  /** First bytes that do not tell yet what the answer is; held if usage events are to be hidden. */
  private final BoundedBytes prefix = new BoundedBytes(PREFIX_LIMIT);

  private int markMatched;
  private boolean atLineStart = true;

  /**
   * An observer at the start of an answer.
   *
   * @param hideUsageEvent whether to leave out an event whose {@code usage} is an object and whose
   *     {@code choices} are an empty array. Each event is then held until its blank line is there,
   *     up to 64 KiB; longer ones go on as they come and are not looked at
   */
  public AnswerObserver(boolean hideUsageEvent) {
    this.hideUsageEvent = hideUsageEvent;
  }

  /**
   * Takes the next bytes of the answer and hands every byte that may go on now to {@code out}, in
   * order. Without hiding that is exactly {@code bytes[from, to)}, in one call. Keeps no reference
   * to the array. Does nothing for an empty slice.
   */
  public void feed(byte[] bytes, int from, int to, ByteSink out) {
    if (from == to) {
      return;
    }
    if (kind == Kind.UNKNOWN) {
      begin(bytes, from, to, out);
    } else {
      relay(bytes, from, from, to, out);
    }
  }

  /** The provider's answer ended: hands on what was held. */
  public void end(ByteSink out) {
    if (kind == Kind.UNKNOWN && !prefix.isEmpty()) {
      kind = Kind.OPAQUE;
      if (hideUsageEvent) {
        handOn(prefix.bytes(), 0, prefix.length(), out);
      }
    }
    if (kind == Kind.SSE) {
      events.end(out);
    }
  }

  /** What the answer is, as far as its bytes tell. */
  public Kind kind() {
    return kind;
  }

  /** The last usage object that counts anything; null while unknown. */
  public Usage usage() {
    return facts.usage;
  }

  /** The model that the answer names; null while unknown. */
  public String model() {
    return facts.model;
  }

  /**
   * Whether the answer has begun to say something. Events: content, reasoning, a tool call, a
   * refusal or a finish reason was there, or an event too long to be looked at. JSON: its first
   * byte was there. Never true for anything else.
   */
  public boolean substance() {
    return facts.substance;
  }

  /**
   * Whether the answer is whole. Events: {@code [DONE]} or a finish reason was there. JSON: one
   * valid value and nothing else, so far. Anything else that has a byte: true. An empty answer:
   * false.
   */
  public boolean complete() {
    return kind == Kind.OPAQUE || facts.complete;
  }

  /** Whether the answer carries an {@code error} member or an event of type {@code error}. */
  public boolean failed() {
    return facts.failed;
  }

  /** The code of that error, or else its type, as text; null if it names neither. */
  public String errorCode() {
    return facts.errorCode;
  }

  /**
   * Whether the bytes handed on so far end exactly between two events, so that another event may
   * follow them. True while nothing has been handed on; false in anything that is no event stream.
   */
  public boolean atEventBoundary() {
    return switch (kind) {
      case UNKNOWN -> atLineStart && !inMark() && (hideUsageEvent || prefix.isEmpty());
      case SSE -> events.atEventBoundary();
      case JSON, OPAQUE -> false;
    };
  }

  /** Looks at the first bytes; those that do not tell yet wait if they may be of an event. */
  private void begin(byte[] bytes, int from, int to, ByteSink out) {
    int undecided = prefix.length();
    int start = detect(bytes, from, to);
    if (kind == Kind.UNKNOWN) {
      handOn(bytes, from, hideUsageEvent ? start : to, out);
      return;
    }
    if (kind == Kind.SSE) {
      events = new EventStream(hideUsageEvent, facts);
      events.feed(prefix.bytes(), 0, undecided, hideUsageEvent ? out : NOWHERE);
    } else if (hideUsageEvent) {
      handOn(prefix.bytes(), 0, undecided, out);
    }
    json = kind == Kind.JSON ? new JsonAnswer(facts) : null;
    prefix.clear();
    relay(bytes, from, start, to, out);
  }

  /** The answer itself stands in {@code [start, to)}, behind white space. */
  private void relay(byte[] bytes, int from, int start, int to, ByteSink out) {
    if (kind == Kind.SSE && hideUsageEvent) {
      handOn(bytes, from, start, out);
      events.feed(bytes, start, to, out);
      return;
    }
    out.accept(bytes, from, to);
    if (kind == Kind.SSE) {
      events.feed(bytes, start, to, NOWHERE);
    } else if (kind == Kind.JSON) {
      json.feed(bytes, start, to);
    }
  }

  private static void handOn(byte[] bytes, int from, int to, ByteSink out) {
    if (from < to) {
      out.accept(bytes, from, to);
    }
  }

  // ---- what is it? ----

  /** Decides if it can. Returns where the answer begins in the slice, behind white space. */
  private int detect(byte[] bytes, int from, int to) {
    int start = prefix.isEmpty() ? skipSpace(bytes, from, to) : from;
    for (int i = start; i < to && kind == Kind.UNKNOWN; i++) {
      kind = kindWith(bytes, i);
    }
    return start;
  }

  private int skipSpace(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && (isMark(bytes[i]) || isSpace(bytes[i]))) {
      i++;
    }
    return i;
  }

  /** Matches a byte order mark at the very start of the answer. */
  private boolean isMark(byte b) {
    if (markMatched < MARK.length && b == MARK[markMatched]) {
      markMatched++;
      return true;
    }
    markMatched = inMark() ? markMatched : MARK.length;
    return false;
  }

  private boolean inMark() {
    return markMatched > 0 && markMatched < MARK.length;
  }

  private boolean isSpace(byte b) {
    boolean lineEnd = b == '\n' || b == '\r';
    boolean space = !inMark() && (lineEnd || b == ' ' || b == '\t');
    atLineStart = space ? lineEnd : atLineStart;
    return space;
  }

  private Kind kindWith(byte[] bytes, int i) {
    if (prefix.isEmpty()) {
      if (inMark()) {
        return Kind.OPAQUE;
      }
      if (bytes[i] == '{' || bytes[i] == '[') {
        return Kind.JSON;
      }
      if (bytes[i] == ':' && atLineStart) {
        return Kind.SSE;
      }
    }
    prefix.append(bytes, i, i + 1);
    for (byte[] field : FIRST_FIELDS) {
      int length = prefix.length();
      boolean possible = atLineStart && length <= field.length;
      if (possible && Arrays.equals(field, 0, length, prefix.bytes(), 0, length)) {
        return length == field.length ? Kind.SSE : Kind.UNKNOWN;
      }
    }
    return Kind.OPAQUE;
  }
}

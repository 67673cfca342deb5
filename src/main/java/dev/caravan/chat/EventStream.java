package dev.caravan.chat;

import java.util.Arrays;

/**
 * Reads server-sent events (WHATWG HTML 9.2.5: lines end with LF, CR or CRLF) while they are
 * relayed, and leaves out usage events where it shall. Bytes go on untouched; where usage events
 * are hidden, an event is held from its first line that is no comment to the end of its blank line,
 * at most {@link #INSPECTION_LIMIT} bytes. A longer event is not inspected.
 */
final class EventStream {
  /** Longest event that is inspected, from its first field to its end, in bytes. */
  static final int INSPECTION_LIMIT = 64 << 10;

  private enum Line {
    START,
    NAME,
    VALUE_START,
    DATA,
    TYPE,
    OTHER
  }

  private static final byte[] NOTHING = {};
  private static final byte[] LINE_FEED = {'\n'};
  private static final byte[] DATA = {'d', 'a', 't', 'a'};
  private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};
  private static final byte[] ERROR = {'e', 'r', 'r', 'o', 'r'};

  private final boolean hideUsageEvent;
  private final AnswerFacts facts;
  private final EventInspector inspector;

  /** Offset in the stream of index 0 of the current slice; may be negative. */
  private long base;

  private long length;

  /** Everything in the current slice before this index has been handed on, or dropped. */
  private int settled;

  private Line line = Line.START;

  /** What kind of line it is behind the colon. */
  private Line field;

  private final BoundedBytes name = new BoundedBytes(EVENT.length);

  /** Where the current line's value begins in the current slice. */
  private int valueFrom;

  private boolean afterReturn;

  /** From an event's first line that is no comment to its end. */
  private boolean inEvent;

  private long eventFrom;
  private boolean tooLong;
  private boolean lastDropped;

  /** Whether the bytes of the current event wait; those of earlier slices are in {@link #held}. */
  private boolean holding;

  private final BoundedBytes held = new BoundedBytes(INSPECTION_LIMIT);

  private final BoundedBytes type = new BoundedBytes(ERROR.length);

  /** The event's data, unless {@link #dataInSlice}: then it is one line of the current slice. */
  private final BoundedBytes data = new BoundedBytes(INSPECTION_LIMIT);

  private int dataLines;
  private boolean dataInSlice;
  private int dataFrom;
  private int dataTo;

  EventStream(boolean hideUsageEvent, AnswerFacts facts) {
    this.hideUsageEvent = hideUsageEvent;
    this.facts = facts;
    this.inspector = new EventInspector(facts);
  }

  void feed(byte[] bytes, int from, int to, ByteSink out) {
    base = length - from;
    settled = from;
    valueFrom = from;
    int i = from;
    while (i < to) {
      if (afterReturn) {
        afterReturn = false;
        if (bytes[i] == '\n') {
          settled = lastDropped ? i + 1 : settled;
          i++;
          continue;
        }
      }
      i =
          switch (line) {
            case START -> lineStart(bytes, i, out);
            case NAME -> name(bytes, i);
            case VALUE_START -> valueStart(bytes, i);
            case DATA, TYPE, OTHER -> value(bytes, i, to);
          };
    }
    length += to - from;
    sliceEnded(bytes, to, out);
  }

  /**
   * The stream is over: what was held goes on. An event that only lacks its end says what it says.
   */
  void end(ByteSink out) {
    if (inEvent && !tooLong) {
      inspect(NOTHING);
    }
    release(out);
  }

  /** Whether what has been handed on ends between two events. */
  boolean atEventBoundary() {
    return holding || !inEvent && line == Line.START;
  }

  // ---- lines ----

  private int lineStart(byte[] bytes, int i, ByteSink out) {
    byte b = bytes[i];
    if (isLineEnd(b)) {
      lineEnded(b);
      if (inEvent) {
        eventEnded(bytes, i + 1, out);
      }
      return i + 1;
    }
    if (b == ':') {
      line = Line.OTHER;
      return i + 1;
    }
    if (!inEvent) {
      inEvent = true;
      eventFrom = base + i;
      holding = hideUsageEvent;
    }
    name.clear();
    line = Line.NAME;
    return i;
  }

  private int name(byte[] bytes, int i) {
    byte b = bytes[i];
    boolean colon = b == ':';
    if (!colon && !isLineEnd(b)) {
      name.append(bytes, i, i + 1);
      return i + 1;
    }
    field = is(DATA, name) ? Line.DATA : is(EVENT, name) ? Line.TYPE : Line.OTHER;
    if (field == Line.DATA) {
      dataLineBegins(bytes);
    } else if (field == Line.TYPE) {
      type.clear();
    }
    valueFrom = i;
    line = colon ? Line.VALUE_START : field;
    return colon ? i + 1 : i;
  }

  private int valueStart(byte[] bytes, int i) {
    line = field;
    valueFrom = bytes[i] == ' ' ? i + 1 : i;
    return valueFrom;
  }

  private int value(byte[] bytes, int from, int to) {
    int i = ByteSearch.lineEnd(bytes, from, to);
    if (i == to) {
      return i;
    }
    if (line == Line.DATA) {
      dataLineEnded(bytes, i);
    } else if (line == Line.TYPE) {
      type.append(bytes, valueFrom, i);
    }
    lineEnded(bytes[i]);
    return i + 1;
  }

  private void lineEnded(byte end) {
    line = Line.START;
    afterReturn = end == '\r';
    lastDropped = false;
  }

  private static boolean isLineEnd(byte b) {
    return b == '\n' || b == '\r';
  }

  private static boolean is(byte[] text, BoundedBytes bytes) {
    return Arrays.equals(text, 0, text.length, bytes.bytes(), 0, bytes.length());
  }

  // ---- data ----

  private void dataLineBegins(byte[] bytes) {
    if (dataLines > 0) {
      copyData(bytes);
      data.append(LINE_FEED, 0, 1);
    }
    dataLines++;
  }

  private void dataLineEnded(byte[] bytes, int i) {
    if (dataLines == 1 && data.isEmpty() && !data.overflowed()) {
      dataInSlice = true;
      dataFrom = valueFrom;
      dataTo = i;
    } else {
      data.append(bytes, valueFrom, i);
    }
  }

  private void copyData(byte[] bytes) {
    if (dataInSlice) {
      data.append(bytes, dataFrom, dataTo);
      dataInSlice = false;
    }
  }

  // ---- events ----

  private void eventEnded(byte[] bytes, int next, ByteSink out) {
    noteLength(base + next, out);
    if (!tooLong && inspect(bytes) && holding) {
      drop(bytes, next, out);
    } else {
      release(out);
    }
    inEvent = false;
    tooLong = false;
    type.clear();
    data.clear();
    dataLines = 0;
    dataInSlice = false;
  }

  /** An event too long to be looked at goes on, and is taken for one that says something. */
  private void noteLength(long to, ByteSink out) {
    if (!tooLong && to - eventFrom > INSPECTION_LIMIT) {
      tooLong = true;
      facts.substance = true;
      release(out);
    }
  }

  /** Whether the event is a usage event. */
  private boolean inspect(byte[] bytes) {
    boolean error = is(ERROR, type);
    if (dataLines == 0) {
      if (error) {
        facts.error(null);
      }
      return false;
    }
    return dataInSlice
        ? inspector.inspect(bytes, dataFrom, dataTo, error)
        : inspector.inspect(data.bytes(), 0, data.length(), error);
  }

  private void drop(byte[] bytes, int next, ByteSink out) {
    if (held.isEmpty()) {
      handOn(bytes, (int) (eventFrom - base), out);
    }
    held.clear();
    settled = next;
    holding = false;
    lastDropped = true;
  }

  private void release(ByteSink out) {
    if (!held.isEmpty()) {
      out.accept(held.bytes(), 0, held.length());
      held.clear();
    }
    holding = false;
  }

  private void sliceEnded(byte[] bytes, int to, ByteSink out) {
    if (inEvent) {
      noteLength(length, out);
      if (!tooLong) {
        copyRest(bytes, to);
      }
    }
    if (holding) {
      handOn(bytes, (int) (eventFrom - base), out);
      held.append(bytes, settled, to);
    } else {
      handOn(bytes, to, out);
    }
  }

  /** The slice is not ours to keep: what the event needs of it is copied. */
  private void copyRest(byte[] bytes, int to) {
    copyData(bytes);
    if (line == Line.DATA) {
      data.append(bytes, valueFrom, to);
    } else if (line == Line.TYPE) {
      type.append(bytes, valueFrom, to);
    }
  }

  private void handOn(byte[] bytes, int to, ByteSink out) {
    if (settled < to) {
      out.accept(bytes, settled, to);
      settled = to;
    }
  }
}

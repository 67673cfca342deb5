package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;

/**
 * An incremental, validating scanner of one JSON text (RFC 8259, UTF-8 included) that reports the
 * members of a top-level object as they end. It keeps no byte of the text but a name of up to 128
 * bytes and the value of a watched member up to that member's limit, and one bit per open level, so
 * that neither a long text nor a deep one costs memory. After an exception it throws the same one
 * again.
 */
final class JsonScanner {
  /** A top-level member whose value is kept, up to {@code limit} raw bytes. */
  record Watched(byte[] name, int limit) {
    static Watched member(String name, int limit) {
      return new Watched(name.getBytes(US_ASCII), limit);
    }
  }

  /** Told of each member of the top-level object, in order, as its value ends. */
  @FunctionalInterface
  interface Listener {
    /**
     * @param watched index in the list of watched members, -1 for any other member
     * @param keyFrom offset of the name's opening quote
     * @param from offset of the value's first byte
     * @param to offset after the value's last byte
     * @param value the raw value of a watched member; overflowed when longer than the limit
     * @throws MalformedJsonException if the text shall be refused for this member
     */
    void member(int watched, long keyFrom, long from, long to, BoundedBytes value)
        throws MalformedJsonException;
  }

  private enum State {
    START("a JSON value"),
    BYTE_ORDER_MARK("the rest of a byte order mark"),
    VALUE("a value"),
    FIRST_ELEMENT("a value or ']'"),
    FIRST_KEY("a name in double quotes or '}'"),
    KEY("a name in double quotes"),
    COLON("':'"),
    AFTER_ELEMENT("',' or ']'"),
    AFTER_MEMBER("',' or '}'"),
    END("nothing after the value"),
    STRING("the closing quote of a string"),
    ESCAPE("one of \"\\/bfnrtu after a backslash"),
    HEX("four hexadecimal digits after \\u"),
    LITERAL("true, false or null"),
    MINUS("a digit"),
    ZERO("the end of a number"),
    INTEGER("the end of a number"),
    POINT("a digit after the decimal point"),
    FRACTION("the end of a number"),
    EXPONENT("the digits of an exponent"),
    EXPONENT_SIGN("the digits of an exponent"),
    EXPONENT_DIGITS("the end of a number");

    final String expected;

    State(String expected) {
      this.expected = expected;
    }
  }

  /** As long as any watched name with every character escaped. */
  private static final int NAME_LIMIT = 128;

  private static final byte[] TRUE = "true".getBytes(US_ASCII);
  private static final byte[] FALSE = "false".getBytes(US_ASCII);
  private static final byte[] NULL = "null".getBytes(US_ASCII);
  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final List<Watched> watchedMembers;
  private final Listener listener;

  private State state = State.START;
  private MalformedJsonException failure;

  /** Offset in the text of index 0 of the current slice; may be negative. */
  private long base;

  private long length;
  private long line = 1;
  private long lineFrom;
  private boolean marked;

  /** One bit per open level: set for an object. */
  private long[] levels = new long[1];

  private int depth;
  private boolean inObject;
  private boolean topIsObject;
  private long topEnd;

  private boolean stringIsKey;
  private int hexDigitsLeft;
  private int continuationsLeft;
  private int continuationMin;
  private int continuationMax;
  private byte[] literal;
  private int literalMatched;

  private int watched = -1;
  private long keyFrom;
  private long valueFrom;
  private final BoundedBytes capture = new BoundedBytes(NAME_LIMIT);
  private boolean capturing;
  private int captureFrom;

  JsonScanner(List<Watched> watchedMembers, Listener listener) {
    this.watchedMembers = watchedMembers;
    this.listener = listener;
  }

  /** Bytes fed so far. */
  long length() {
    return length;
  }

  /** Whether the text began with a UTF-8 byte order mark (3 bytes). */
  boolean marked() {
    return marked;
  }

  boolean topIsObject() {
    return topIsObject;
  }

  /** Offset of the closing brace or bracket of the top-level value, once it is there. */
  long topEnd() {
    return topEnd;
  }

  /** Whether the text so far is one whole and valid value. */
  boolean complete() {
    return failure == null && (state == State.END || depth == 0 && numberMayEnd());
  }

  void feed(byte[] bytes, int from, int to) throws MalformedJsonException {
    if (failure != null) {
      throw failure;
    }
    base = length - from;
    captureFrom = from;
    int i = from;
    while (i < to) {
      i =
          switch (state) {
            case STRING -> string(bytes, i, to);
            case ESCAPE -> escape(bytes[i], i);
            case HEX -> hex(bytes[i], i);
            case LITERAL -> literal(bytes, i);
            case MINUS, ZERO, INTEGER, POINT, FRACTION -> number(bytes, i, to);
            case EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS -> number(bytes, i, to);
            case BYTE_ORDER_MARK -> byteOrderMark(bytes[i], i);
            default -> structure(bytes, i);
          };
    }
    if (capturing) {
      capture.append(bytes, captureFrom, to);
    }
    length += to - from;
  }

  /**
   * The text is over.
   *
   * @throws MalformedJsonException if it is not one whole value
   */
  void finish() throws MalformedJsonException {
    if (failure != null) {
      throw failure;
    }
    if (!complete()) {
      String at = position(length);
      throw fail(length, "ends too early " + at + ", expected " + state.expected);
    }
  }

  /** The text shall be refused here, for what it says and not for its grammar. */
  MalformedJsonException refuse(long offset, String why) {
    return fail(offset, why + " " + position(offset));
  }

  // ---- structure ----

  private int structure(byte[] bytes, int i) throws MalformedJsonException {
    byte b = bytes[i];
    if (b == ' ' || b == '\t' || b == '\r') {
      return i + 1;
    }
    if (b == '\n') {
      line++;
      lineFrom = base + i + 1;
      return i + 1;
    }
    return switch (state) {
      case START, VALUE, FIRST_ELEMENT -> value(bytes, i);
      case FIRST_KEY, KEY -> key(bytes, i);
      case COLON -> separator(b, (byte) ':', State.VALUE, i);
      case AFTER_ELEMENT -> b == ']' ? close(bytes, i) : separator(b, (byte) ',', State.VALUE, i);
      case AFTER_MEMBER -> b == '}' ? close(bytes, i) : separator(b, (byte) ',', State.KEY, i);
      default -> throw unexpected(b, i);
    };
  }

  private int value(byte[] bytes, int i) throws MalformedJsonException {
    byte b = bytes[i];
    if (b == ']' && state == State.FIRST_ELEMENT) {
      return close(bytes, i);
    }
    if (b == MARK[0] && base + i == 0) {
      state = State.BYTE_ORDER_MARK;
      return i + 1;
    }
    if (depth == 1 && topIsObject) {
      valueFrom = base + i;
      if (watched >= 0) {
        startCapture(i, watchedMembers.get(watched).limit());
      }
    }
    switch (b) {
      case '{' -> open(true, i);
      case '[' -> open(false, i);
      case '"' -> startString(false);
      case 't' -> startLiteral(TRUE);
      case 'f' -> startLiteral(FALSE);
      case 'n' -> startLiteral(NULL);
      case '-' -> state = State.MINUS;
      case '0' -> state = State.ZERO;
      default -> {
        if (!isDigit(b)) {
          throw unexpected(b, i);
        }
        state = State.INTEGER;
      }
    }
    return i + 1;
  }

  private int key(byte[] bytes, int i) throws MalformedJsonException {
    byte b = bytes[i];
    if (b == '}' && state == State.FIRST_KEY) {
      return close(bytes, i);
    }
    if (b != '"') {
      throw unexpected(b, i);
    }
    startString(true);
    if (depth == 1) {
      keyFrom = base + i;
      startCapture(i, NAME_LIMIT);
    }
    return i + 1;
  }

  private int separator(byte b, byte wanted, State next, int i) throws MalformedJsonException {
    if (b != wanted) {
      throw unexpected(b, i);
    }
    state = next;
    return i + 1;
  }

  private void open(boolean object, int i) throws MalformedJsonException {
    if (depth == Integer.MAX_VALUE) {
      throw refuse(base + i, "nested too deeply");
    }
    int word = depth >> 6;
    if (word == levels.length) {
      levels = Arrays.copyOf(levels, levels.length * 2);
    }
    long bit = 1L << depth;
    levels[word] = object ? levels[word] | bit : levels[word] & ~bit;
    if (depth == 0) {
      topIsObject = object;
    }
    depth++;
    inObject = object;
    state = object ? State.FIRST_KEY : State.FIRST_ELEMENT;
  }

  private int close(byte[] bytes, int i) throws MalformedJsonException {
    depth--;
    if (depth == 0) {
      topEnd = base + i;
    } else {
      inObject = (levels[(depth - 1) >> 6] & 1L << (depth - 1)) != 0;
    }
    valueEnded(bytes, i + 1);
    return i + 1;
  }

  private void valueEnded(byte[] bytes, int next) throws MalformedJsonException {
    if (depth == 0) {
      state = State.END;
      return;
    }
    state = inObject ? State.AFTER_MEMBER : State.AFTER_ELEMENT;
    if (depth == 1 && topIsObject) {
      endCapture(bytes, next);
      listener.member(watched, keyFrom, valueFrom, base + next, capture);
    }
  }

  // ---- strings ----

  private void startString(boolean isKey) {
    stringIsKey = isKey;
    state = State.STRING;
  }

  private int string(byte[] bytes, int from, int to) throws MalformedJsonException {
    int i = from;
    while (i < to) {
      byte b = bytes[i];
      if (continuationsLeft > 0) {
        continuation(b, i++);
      } else if (b < 0) {
        lead(b, i++);
      } else if (b == '"') {
        stringEnded(bytes, i + 1);
        return i + 1;
      } else if (b == '\\') {
        state = State.ESCAPE;
        return i + 1;
      } else if (b < ' ') {
        throw unexpected(b, i);
      } else {
        i = ByteSearch.plainEnd(bytes, i, to);
      }
    }
    return i;
  }

  private void stringEnded(byte[] bytes, int next) throws MalformedJsonException {
    if (!stringIsKey) {
      valueEnded(bytes, next);
      return;
    }
    state = State.COLON;
    if (depth == 1) {
      endCapture(bytes, next);
      watched = watchedIndex();
    }
  }

  /** The first byte of a UTF-8 sequence (RFC 3629 section 4): what may follow. */
  private void lead(byte lead, int i) throws MalformedJsonException {
    int b = lead & 0xff;
    if (b < 0xc2 || b > 0xf4) {
      throw notUtf8(lead, i);
    }
    continuationsLeft = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
    continuationMin = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
    continuationMax = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
  }

  private void continuation(byte next, int i) throws MalformedJsonException {
    int b = next & 0xff;
    if (b < continuationMin || b > continuationMax) {
      throw notUtf8(next, i);
    }
    continuationsLeft--;
    continuationMin = 0x80;
    continuationMax = 0xbf;
  }

  private int escape(byte b, int i) throws MalformedJsonException {
    switch (b) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> state = State.STRING;
      case 'u' -> {
        state = State.HEX;
        hexDigitsLeft = 4;
      }
      default -> throw unexpected(b, i);
    }
    return i + 1;
  }

  private int hex(byte b, int i) throws MalformedJsonException {
    if (!isDigit(b) && (b < 'a' || b > 'f') && (b < 'A' || b > 'F')) {
      throw unexpected(b, i);
    }
    if (--hexDigitsLeft == 0) {
      state = State.STRING;
    }
    return i + 1;
  }

  // ---- other tokens ----

  private void startLiteral(byte[] text) {
    literal = text;
    literalMatched = 1;
    state = State.LITERAL;
  }

  private int literal(byte[] bytes, int i) throws MalformedJsonException {
    if (bytes[i] != literal[literalMatched]) {
      throw unexpected(bytes[i], i);
    }
    if (++literalMatched == literal.length) {
      valueEnded(bytes, i + 1);
    }
    return i + 1;
  }

  private int number(byte[] bytes, int from, int to) throws MalformedJsonException {
    int i = from;
    for (; i < to; i++) {
      byte b = bytes[i];
      State next = isDigit(b) ? afterDigit(b) : afterSign(b);
      if (next != null) {
        state = next;
      } else if (numberMayEnd()) {
        valueEnded(bytes, i);
        return i;
      } else {
        throw unexpected(b, i);
      }
    }
    return i;
  }

  private State afterDigit(byte digit) {
    return switch (state) {
      case MINUS -> digit == '0' ? State.ZERO : State.INTEGER;
      case INTEGER -> State.INTEGER;
      case POINT, FRACTION -> State.FRACTION;
      case EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS -> State.EXPONENT_DIGITS;
      default -> null;
    };
  }

  private State afterSign(byte sign) {
    return switch (sign) {
      case '.' -> state == State.ZERO || state == State.INTEGER ? State.POINT : null;
      case 'e', 'E' -> numberMayEnd() && state != State.EXPONENT_DIGITS ? State.EXPONENT : null;
      case '+', '-' -> state == State.EXPONENT ? State.EXPONENT_SIGN : null;
      default -> null;
    };
  }

  private boolean numberMayEnd() {
    return switch (state) {
      case ZERO, INTEGER, FRACTION, EXPONENT_DIGITS -> true;
      default -> false;
    };
  }

  private int byteOrderMark(byte b, int i) throws MalformedJsonException {
    int at = (int) (base + i);
    if (b != MARK[at]) {
      throw unexpected(b, i);
    }
    if (at == MARK.length - 1) {
      marked = true;
      state = State.VALUE;
    }
    return i + 1;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  // ---- captures ----

  private void startCapture(int i, int limit) {
    capture.restart(limit);
    capturing = true;
    captureFrom = i;
  }

  private void endCapture(byte[] bytes, int next) {
    if (capturing) {
      capture.append(bytes, captureFrom, next);
      capturing = false;
    }
  }

  private int watchedIndex() {
    if (capture.overflowed()) {
      return -1;
    }
    byte[] raw = capture.bytes();
    int length = capture.length();
    if (JsonText.hasEscape(raw, length)) {
      byte[] name = JsonText.decode(raw, length).getBytes(UTF_8);
      return indexOf(name, 0, name.length);
    }
    return indexOf(raw, 1, length - 1);
  }

  private int indexOf(byte[] name, int from, int to) {
    for (int i = 0; i < watchedMembers.size(); i++) {
      byte[] candidate = watchedMembers.get(i).name();
      if (Arrays.equals(name, from, to, candidate, 0, candidate.length)) {
        return i;
      }
    }
    return -1;
  }

  // ---- errors ----

  private MalformedJsonException unexpected(byte b, int i) {
    long offset = base + i;
    if (isWideText(b, offset)) {
      return fail(
          offset, "the text seems to be UTF-16 or UTF-32, only UTF-8 is read, " + position(offset));
    }
    return fail(
        offset, "unexpected " + shown(b) + " " + position(offset) + ", expected " + state.expected);
  }

  /** UTF-16 and UTF-32 show in the first four bytes: a byte order mark, or zeros (RFC 4627, 3). */
  private static boolean isWideText(byte b, long offset) {
    return b == 0 && offset < 4 || offset == 0 && (b == (byte) 0xfe || b == (byte) 0xff);
  }

  private MalformedJsonException notUtf8(byte b, int i) {
    return fail(base + i, shown(b) + " is no valid UTF-8 " + position(base + i));
  }

  private static String shown(byte b) {
    return b > ' ' && b < 0x7f ? "character '" + (char) b + "'" : "byte 0x%02x".formatted(b);
  }

  private String position(long offset) {
    return "at byte %d (line %d, column %d)".formatted(offset, line, offset - lineFrom + 1);
  }

  private MalformedJsonException fail(long offset, String what) {
    failure = new MalformedJsonException(what, offset, line, offset - lineFrom + 1);
    return failure;
  }
}

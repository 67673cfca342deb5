package dev.caravan.chat;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads a request body as it comes, in slices of any size: validates it as JSON (RFC 8259, in
 * UTF-8) and notes where the members stand that Caravan edits. Holds none of the body but a
 * member's name (128 bytes), a {@code model} (up to 1 KiB) or a {@code stream_options} (up to 64
 * KiB), one at a time, and one bit per open level. For one thread and one body.
 */
public final class ChatBodyScanner {
  /** Spellings of edited members that one body may have; real ones have one of each. */
  static final int SPELLING_LIMIT = 1_000;

  static final int MODEL_LIMIT = 1 << 10;
  static final int OPTIONS_LIMIT = 64 << 10;

  private static final int MODEL = 0;
  private static final int STREAM = 1;
  private static final int STREAM_OPTIONS = 2;
  private static final int MESSAGES = 3;

  private static final List<JsonScanner.Watched> WATCHED =
      List.of(
          JsonScanner.Watched.member("model", MODEL_LIMIT),
          JsonScanner.Watched.member("stream", Literals.LIMIT),
          JsonScanner.Watched.member("stream_options", OPTIONS_LIMIT),
          JsonScanner.Watched.member("messages", 0));

  private final JsonScanner scanner = new JsonScanner(WATCHED, this::member);
  private final List<Spelling<String>> models = new ArrayList<>(1);
  private final List<Spelling<Boolean>> streams = new ArrayList<>(1);
  private final List<Spelling<StreamOptions>> options = new ArrayList<>(1);
  private int spellings;
  private boolean messages;
  private long firstOther = -1;
  private long lastTo = -1;

  /** A scanner at the start of a body. */
  public ChatBodyScanner() {}

  /**
   * Reads the next slice of the body, {@code bytes[from, to)}, and keeps no reference to it.
   *
   * @throws MalformedJsonException as soon as the body cannot become valid JSON any more, is UTF-16
   *     or UTF-32, has a {@code stream_options} of more than 64 KiB or more than 1,000 spellings of
   *     edited members; says at which byte, line and column, never quoting more than one character.
   *     Thrown again by every later call
   */
  public void feed(byte[] bytes, int from, int to) throws MalformedJsonException {
    scanner.feed(bytes, from, to);
  }

  /**
   * The body is over: what it says.
   *
   * @throws MalformedJsonException "ends too early ..." if it is empty or cut off
   */
  public ChatBody finish() throws MalformedJsonException {
    scanner.finish();
    return new ChatBody(
        scanner.length(),
        scanner.marked(),
        scanner.topIsObject(),
        messages,
        List.copyOf(models),
        List.copyOf(streams),
        List.copyOf(options),
        firstOther,
        lastTo < 0 ? scanner.topEnd() : lastTo);
  }

  private void member(int watched, long keyFrom, long from, long to, BoundedBytes raw)
      throws MalformedJsonException {
    switch (watched) {
      case MODEL -> models.add(new Spelling<>(lastTo, keyFrom, from, to, text(raw)));
      case STREAM -> streams.add(new Spelling<>(lastTo, keyFrom, from, to, Literals.bool(raw)));
      case STREAM_OPTIONS ->
          options.add(new Spelling<>(lastTo, keyFrom, from, to, streamOptions(raw, from)));
      case MESSAGES -> messages = true;
      default -> {}
    }
    if (watched == MODEL || watched == STREAM || watched == STREAM_OPTIONS) {
      count(1, from);
    }
    if (watched != STREAM_OPTIONS && firstOther < 0) {
      firstOther = keyFrom;
    }
    lastTo = to;
  }

  private static String text(BoundedBytes raw) {
    boolean string = !raw.overflowed() && raw.bytes()[0] == '"';
    return string ? JsonText.decode(raw.bytes(), raw.length()) : null;
  }

  private StreamOptions streamOptions(BoundedBytes raw, long from) throws MalformedJsonException {
    if (raw.overflowed()) {
      throw scanner.refuse(from, "stream_options is longer than " + OPTIONS_LIMIT + " bytes");
    }
    StreamOptions read = StreamOptions.read(raw, from);
    if (read != null) {
      count(read.includeUsage().size(), from);
    }
    return read;
  }

  private void count(int more, long offset) throws MalformedJsonException {
    spellings += more;
    if (spellings > SPELLING_LIMIT) {
      throw scanner.refuse(
          offset,
          "model, stream, stream_options and include_usage stand there more than "
              + SPELLING_LIMIT
              + " times");
    }
  }
}

package dev.caravan.chat;

import java.util.ArrayList;
import java.util.List;

/**
 * What an object under {@code stream_options} says.
 *
 * @param includeUsage the spellings of {@code include_usage}, offsets into the body
 * @param end offset where another member would be added
 * @param empty whether the object has no member
 */
record StreamOptions(List<Spelling<Boolean>> includeUsage, long end, boolean empty) {
  private static final List<JsonScanner.Watched> WATCHED =
      List.of(JsonScanner.Watched.member("include_usage", Literals.LIMIT));

  /** Reads {@code raw}, valid JSON that stands at {@code offset} of the body; null if no object. */
  static StreamOptions read(BoundedBytes raw, long offset) throws MalformedJsonException {
    if (raw.bytes()[0] != '{') {
      return null;
    }
    List<Spelling<Boolean>> spellings = new ArrayList<>(1);
    long[] lastTo = {-1};
    JsonScanner scanner =
        new JsonScanner(
            WATCHED,
            (watched, keyFrom, from, to, value) -> {
              if (watched == 0) {
                spellings.add(
                    new Spelling<>(-1, -1, offset + from, offset + to, Literals.bool(value)));
              }
              lastTo[0] = to;
            });
    scanner.feed(raw.bytes(), 0, raw.length());
    boolean empty = lastTo[0] < 0;
    return new StreamOptions(
        List.copyOf(spellings), offset + (empty ? scanner.topEnd() : lastTo[0]), empty);
  }

  /** Whether the last spelling asks for the usage event. */
  boolean usageRequested() {
    return !includeUsage.isEmpty() && Boolean.TRUE.equals(includeUsage.getLast().value());
  }
}

package dev.caravan.emulator;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Wishes for the default answer, carried by the request itself in its {@code x-emulator} header, so
 * that a client behind Caravan can ask for an error or a slow stream: {@code status=429;
 * retry-after=2}, {@code events=5; delay=50ms}, {@code tool-call}, {@code reset; after=2}.
 *
 * <p>Words: {@code status=N}, {@code retry-after=V}, {@code message=TEXT}, {@code code=TEXT},
 * {@code header=NAME:VALUE}, {@code events=N} (content chunks), {@code delay=50ms|2s} (before each
 * event or the JSON answer), {@code comments=N} (keep-alives before the first event), {@code
 * tool-call}, {@code no-usage}, {@code gzip}, {@code bytes-per-segment=N}, {@code error-event}, and
 * one of {@code reset}, {@code close}, {@code close-without-notify}, {@code stall}, {@code
 * malformed-chunk}, which happens {@code after=N} content chunks (0 by default).
 */
final class Directives {
  private static final Set<String> KNOWN =
      Set.of(
          "status",
          "retry-after",
          "message",
          "code",
          "header",
          "events",
          "delay",
          "comments",
          "tool-call",
          "no-usage",
          "gzip",
          "bytes-per-segment",
          "error-event",
          "reset",
          "close",
          "close-without-notify",
          "stall",
          "malformed-chunk",
          "after");

  private final Map<String, String> words;

  private Directives(Map<String, String> words) {
    this.words = words;
  }

  /**
   * Reads the request's wishes.
   *
   * @throws IllegalArgumentException naming a word that is unknown
   */
  static Directives of(ReceivedRequest request) {
    Map<String, String> words = new LinkedHashMap<>();
    for (String line : request.headerValues("x-emulator")) {
      for (String part : line.split(";")) {
        String[] pair = part.strip().split("=", 2);
        String word = pair[0].strip().toLowerCase(Locale.ROOT);
        if (!word.isEmpty() && !KNOWN.contains(word)) {
          throw new IllegalArgumentException("x-emulator: unknown word \"" + word + "\"");
        }
        words.put(word, pair.length > 1 ? pair[1].strip() : "");
      }
    }
    return new Directives(words);
  }

  boolean has(String word) {
    return words.containsKey(word);
  }

  String text(String word, String otherwise) {
    return words.getOrDefault(word, otherwise);
  }

  int number(String word, int otherwise) {
    String value = words.get(word);
    if (value == null) {
      return otherwise;
    }
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("x-emulator: " + word + " is no number: " + value, e);
    }
  }

  OptionalInt status() {
    return has("status") ? OptionalInt.of(number("status", 200)) : OptionalInt.empty();
  }

  Duration delay() {
    return has("delay") ? duration(words.get("delay")) : Duration.ZERO;
  }

  /** Headers, coding and segments: what holds for the whole answer. */
  Script preface(Script script) {
    Script prefaced = script;
    if (has("retry-after")) {
      prefaced = prefaced.header("retry-after", words.get("retry-after"));
    }
    if (has("header")) {
      String[] pair = words.get("header").split(":", 2);
      prefaced = prefaced.header(pair[0].strip(), pair.length > 1 ? pair[1].strip() : "");
    }
    if (has("gzip")) {
      prefaced = prefaced.gzip();
    }
    int piece = number("bytes-per-segment", 0);
    return piece > 0 ? prefaced.bytesPerSegment(piece) : prefaced;
  }

  /** Whether the answer is to go wrong. */
  boolean fails() {
    return has("reset")
        || has("close")
        || has("close-without-notify")
        || has("stall")
        || has("malformed-chunk")
        || has("error-event");
  }

  /** How it is to go wrong. */
  Script fail(Script script) {
    if (has("error-event")) {
      return script.event(OpenAi.error("emulated failure", "server_error", "emulated"));
    }
    if (has("reset")) {
      return script.reset();
    }
    if (has("close-without-notify")) {
      return script.closeWithoutNotify();
    }
    if (has("stall")) {
      return script.stall();
    }
    return has("malformed-chunk") ? script.malformedChunk().stall() : script.close();
  }

  /**
   * Reads {@code 50ms}, {@code 2s} or a number of milliseconds.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  static Duration duration(String text) {
    try {
      if (text.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
      }
      return text.endsWith("s")
          ? Duration.ofSeconds(Long.parseLong(text.substring(0, text.length() - 1)))
          : Duration.ofMillis(Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a duration like 50ms or 2s: " + text, e);
    }
  }
}

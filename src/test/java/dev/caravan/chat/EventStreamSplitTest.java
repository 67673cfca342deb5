package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams in every spelling of line ends, cut everywhere. */
class EventStreamSplitTest {
  private static final long SEED = Long.getLong("caravan.seed", 20_251_125L);
  private static final int STREAMS = 3_000;

  /** How the line ends of a stream are spelled. */
  enum Ends {
    LF("\n"),
    CR("\r"),
    CRLF("\r\n"),
    /** Never CR before LF: that would be one end instead of two. */
    MIXED("\n", "\r", "\r\n", "\r\n", "\n");

    private final String[] cycle;

    Ends(String... cycle) {
      this.cycle = cycle;
    }

    String spell(String text, int[] at) {
      StringBuilder spelled = new StringBuilder();
      for (char c : text.toCharArray()) {
        spelled.append(c == '\n' ? cycle[at[0]++ % cycle.length] : String.valueOf(c));
      }
      return spelled.toString();
    }
  }

  /** A piece of a stream, with LF, and whether it is a usage event. */
  private record Piece(String text, boolean usage) {
    static Piece shown(String text) {
      return new Piece(text, false);
    }

    static Piece usage(String text) {
      return new Piece(text, true);
    }
  }

  /** A stream as it comes and as it goes on. */
  private record Stream(byte[] in, String out) {
    static Stream of(List<Piece> pieces, Ends ends) {
      StringBuilder in = new StringBuilder();
      StringBuilder out = new StringBuilder();
      int[] at = {0};
      for (Piece piece : pieces) {
        String spelled = ends.spell(piece.text(), at);
        in.append(spelled);
        out.append(piece.usage() ? "" : spelled);
      }
      return new Stream(in.toString().getBytes(UTF_8), out.toString());
    }
  }

  private static final List<Piece> STARTS =
      List.of(
          Piece.shown(": start\n"),
          Piece.shown("\ufeff\n: start\n"),
          Piece.shown("retry: 1\n\n"),
          Piece.shown("data: 1\n\n"),
          Piece.usage("id: 1\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n"));

  private static final List<Piece> PIECES =
      List.of(
          Piece.usage("data: {\"usage\":{\"prompt_tokens\":1},\"choices\":[]}\n\n"),
          Piece.shown(": OPENROUTER PROCESSING\n\n"),
          Piece.shown("retry: 3000\n\n"),
          Piece.shown("\n"),
          Piece.shown(
              "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"汉😀\"}}],\"usage\":null}\n\n"),
          Piece.usage(
              "data:{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"),
          Piece.shown(": between\n"),
          Piece.shown("data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\nid: 7\n: inside\n\n"),
          Piece.usage(
              "event: x\ndata: {\"choices\":[],\ndata:\n: inside\n"
                  + "data:\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\nid\n\n"),
          Piece.usage("data: {\"choices\":[],\"usage\":{}}\n\n"),
          Piece.shown("data\ndata\n\n"),
          Piece.shown("data: [DONE]\n\n"));

  @ParameterizedTest
  @EnumSource
  void everySplitGivesTheSameBytesAndTheSameFacts(Ends ends) {
    Stream stream = Stream.of(PIECES, ends);
    String facts =
        "SSE Usage[promptTokens=7, completionTokens=3] m"
            + " substance=true complete=true failed=false null";

    for (boolean hide : List.of(true, false)) {
      String out = hide ? stream.out() : new String(stream.in(), UTF_8);
      Relayed bytewise = Relayed.byteByByte(hide, stream.in());
      assertThat(bytewise.all()).isEqualTo(out);
      assertThat(bytewise.facts()).isEqualTo(facts);
      for (int split = 0; split <= stream.in().length; split++) {
        Relayed relayed = new Relayed(hide);
        relayed.feed(stream.in(), 0, split).feed(stream.in(), split, stream.in().length).end();
        assertThat(relayed.all()).isEqualTo(out);
        assertThat(relayed.facts()).isEqualTo(facts);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachEventGoesOnWithTheFirstByteOfItsBlankLinesEnd(Ends ends) {
    int[] at = {0};
    Relayed relayed = new Relayed(true);
    relayed.feed(": start\n").hands(": start\n");
    for (int i = 0; i < 10; i++) {
      String line = ends.spell("data: {\"choices\":[{}]}\n", at);
      String blank = ends.spell("\n", at);
      for (char c : line.toCharArray()) {
        relayed.feed(String.valueOf(c)).hands("").atBoundary(true);
      }
      relayed.feed(blank.substring(0, 1)).hands(line + blank.charAt(0)).atBoundary(true);
      relayed.feed(blank.substring(1)).hands(blank.substring(1)).atBoundary(true);
    }
  }

  @Test
  void generatedStreamsLoseTheirUsageEventsAndNothingElse() {
    System.out.println("EventStreamSplitTest: -Dcaravan.seed=" + SEED);
    RandomGenerator random = new SplittableRandom(SEED);
    for (int i = 0; i < STREAMS; i++) {
      List<Piece> pieces = new ArrayList<>();
      pieces.add(STARTS.get(random.nextInt(STARTS.size())));
      int count = random.nextInt(12);
      for (int n = 0; n < count; n++) {
        pieces.add(PIECES.get(random.nextInt(PIECES.size())));
      }
      Ends ends = Ends.values()[random.nextInt(Ends.values().length)];
      Stream stream = Stream.of(pieces, ends);

      Relayed whole = Relayed.whole(true, new String(stream.in(), UTF_8));
      Relayed sliced = new Relayed(true);
      Relayed shown = new Relayed(false);
      for (int from = 0; from < stream.in().length; ) {
        int to = Math.min(stream.in().length, from + random.nextInt(0, 60));
        sliced.feed(stream.in(), from, to);
        shown.feed(stream.in(), from, to);
        assertThat(shown.length()).isEqualTo(to);
        from = to;
      }

      assertThat(whole.all()).isEqualTo(stream.out());
      assertThat(sliced.end().all()).isEqualTo(stream.out());
      assertThat(sliced.facts()).isEqualTo(whole.facts());
      assertThat(shown.end().facts()).isEqualTo(whole.facts());
    }
  }
}

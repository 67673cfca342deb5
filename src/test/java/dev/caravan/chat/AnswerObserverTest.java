package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.chat.AnswerObserver.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerObserverTest {
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";

  // ---- what it is ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | UNKNOWN",
        "' \r\n\t' | UNKNOWN",
        "'\ufeff\n' | UNKNOWN",
        "'\n{' | JSON",
        "'[' | JSON",
        "'\ufeff{}' | JSON",
        "': ' | SSE",
        "'data:' | SSE",
        "'\n\ndata:' | SSE",
        "'\ufeffdata:' | SSE",
        "'event:' | SSE",
        "'id:' | SSE",
        "'retry:' | SSE",
        "'data' | OPAQUE",
        "'dat' | OPAQUE",
        "'data are here' | OPAQUE",
        "'datadata:' | OPAQUE",
        "' data:' | OPAQUE",
        "'<html>' | OPAQUE",
        "'\u007fELF' | OPAQUE",
        "'\ufefe{' | OPAQUE",
      })
  void tellsTheKindByTheFirstBytes(String answer, Kind kind) {
    for (boolean hide : List.of(true, false)) {
      Relayed whole = Relayed.whole(hide, answer);
      Relayed bytewise = Relayed.byteByByte(hide, answer.getBytes(UTF_8));

      assertThat(whole.observer.kind()).isEqualTo(kind);
      assertThat(bytewise.observer.kind()).isEqualTo(kind);
      assertThat(whole.all()).isEqualTo(answer);
      assertThat(bytewise.all()).isEqualTo(answer);
    }
  }

  @Test
  void anOpaqueAnswerIsCompleteAndAnEmptyOneIsNot() {
    assertThat(Relayed.whole(true, "<html>").observer.complete()).isTrue();
    assertThat(Relayed.whole(true, "").observer.complete()).isFalse();
    assertThat(Relayed.whole(true, "<html>").observer.substance()).isFalse();
  }

  // ---- when bytes go on ----

  @Test
  void holdsAnEventUntilItsBlankLineIsThere() {
    new Relayed(true)
        .feed("da")
        .hands("")
        .atBoundary(true)
        .feed("ta: {")
        .hands("")
        .atBoundary(true)
        .feed("}\n")
        .hands("")
        .atBoundary(true)
        .feed("\n")
        .hands("data: {}\n\n")
        .atBoundary(true)
        .feed("data: 1\n\ndata: 2\n\ndata: 3")
        .hands("data: 1\n\ndata: 2\n\n")
        .atBoundary(true)
        .feed("\n\n")
        .hands("data: 3\n\n")
        .feed("event: x\n")
        .hands("")
        .feed("\n")
        .hands("event: x\n\n");
  }

  @Test
  void commentsAndBlankLinesPassAtOnce() {
    new Relayed(true)
        .feed("\n")
        .hands("\n")
        .atBoundary(true)
        .feed(":")
        .hands(":")
        .atBoundary(false)
        .feed(" keep")
        .hands(" keep")
        .atBoundary(false)
        .feed("-alive\n")
        .hands("-alive\n")
        .atBoundary(true)
        .feed("\n")
        .hands("\n")
        .atBoundary(true)
        .feed(": a\n\ndata")
        .hands(": a\n\n")
        .feed(": 1\n: inside\n")
        .hands("")
        .feed("\n: b")
        .hands("data: 1\n: inside\n\n: b")
        .atBoundary(false);
  }

  @Test
  void aBareReturnDoesNotWaitForTheNextByte() {
    new Relayed(true)
        .feed("data: a\r")
        .hands("")
        .feed("\r")
        .hands("data: a\r\r")
        .atBoundary(true)
        .feed("\n")
        .hands("\n")
        .atBoundary(true)
        .feed("data: b\r\n")
        .hands("")
        .feed("\r")
        .hands("data: b\r\n\r")
        .atBoundary(true)
        .feed("\n")
        .hands("\n")
        .feed("\n")
        .hands("\n")
        .feed("data: c\r")
        .hands("")
        .feed("\n\n")
        .hands("data: c\r\n\n");
  }

  @Test
  void theLineFeedBehindADroppedEventIsDroppedWithIt() {
    String event = USAGE.strip() + "\r\n";
    new Relayed(true)
        .feed(event + "\r")
        .hands("")
        .atBoundary(true)
        .feed("\n")
        .hands("")
        .feed("\n")
        .hands("\n")
        .feed("data: a\n\n" + event + "\r\n" + "data: b\n\n")
        .hands("data: a\n\ndata: b\n\n")
        .feed(event + "\r")
        .hands("")
        .feed("data: c\r\r")
        .hands("data: c\r\r");
  }

  @Test
  void withoutHidingEverySliceGoesOnAsItIs() {
    for (String answer : List.of("data: 1\r\n\r\n" + USAGE, "\ufeff\n{\"a\":1}", "dat", "xyz")) {
      byte[] bytes = answer.getBytes(UTF_8);
      for (int split = 1; split < bytes.length; split++) {
        AnswerObserver observer = new AnswerObserver(false);
        List<String> handed = new ArrayList<>();
        byte[][] array = {null};
        ByteSink sink =
            (b, from, to) -> {
              assertThat(b).isSameAs(array[0]);
              handed.add(from + "-" + to);
            };
        array[0] = bytes;
        observer.feed(bytes, 0, split, sink);
        observer.feed(bytes, split, bytes.length, sink);
        observer.end(sink);

        assertThat(handed).containsExactly("0-" + split, split + "-" + bytes.length);
      }
    }
  }

  @Test
  void aWholeEventInOneSliceIsHandedOnWithoutACopy() {
    byte[] bytes = "data: 1\n\n: c\n\ndata: 2\n\n".getBytes(UTF_8);
    List<String> handed = new ArrayList<>();

    new AnswerObserver(true)
        .feed(bytes, 0, bytes.length, (b, from, to) -> handed.add((b == bytes) + " " + from + to));

    assertThat(handed).containsExactly("true 0" + bytes.length);
  }

  @Test
  void withoutHidingTheBoundaryFollowsTheBytes() {
    new Relayed(false)
        .atBoundary(true)
        .feed("dat")
        .hands("dat")
        .atBoundary(false)
        .feed("a: 1\n")
        .hands("a: 1\n")
        .atBoundary(false)
        .feed("\r")
        .hands("\r")
        .atBoundary(true)
        .feed("\n")
        .hands("\n")
        .atBoundary(true)
        .feed("data: 2\n\nd")
        .hands("data: 2\n\nd")
        .atBoundary(false);
    new Relayed(false).feed("{").atBoundary(false);
    new Relayed(false).feed("\n ").atBoundary(false);
    new Relayed(false).feed("<").atBoundary(false);
  }

  @Test
  void whatIsHeldAtTheEndGoesOn() {
    Relayed relayed = new Relayed(true).feed("data: 1\n\ndata: 2").hands("data: 1\n\n");

    relayed.end().hands("data: 2").atBoundary(false);
    new Relayed(true).feed("dat").hands("").end().hands("dat").atBoundary(false);
    new Relayed(true).feed("data: 1\n\n").end().atBoundary(true);
    new Relayed(true).feed(USAGE.strip()).hands("").end().hands(USAGE.strip());
  }

  // ---- the usage event ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n",
        "data:{\"usage\":{\"completion_tokens\":2,\"prompt_tokens\":7},\"x\":1,\"choices\":[ ]}\n\n",
        "id: 1\nevent: message\ndata: {\"choices\":[],\n"
            + "data: \"usage\":{\"input_tokens\":7,\"output_tokens\":2}}\nretry: 1\n: c\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7.0,\"completion_tokens\":\"2\","
            + "\"total_tokens\":1e400,\"prompt_tokens_details\":{\"prompt_tokens\":9}}}\n\n",
      })
  void hidesTheUsageEventInEverySpelling(String event) {
    String before = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
    String answer = before + event + "data: [DONE]\n\n";

    Relayed relayed = Relayed.whole(true, answer);

    assertThat(relayed.all()).isEqualTo(before + "data: [DONE]\n\n");
    assertThat(relayed.observer.usage()).isEqualTo(new Usage(7, 2));
    assertThat(Relayed.whole(false, answer).all()).isEqualTo(answer);
    assertThat(Relayed.whole(false, answer).facts()).isEqualTo(relayed.facts());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"usage\":{\"prompt_tokens\":7}}",
        "{\"choices\":null,\"usage\":{\"prompt_tokens\":7}}",
        "{\"choices\":{},\"usage\":{\"prompt_tokens\":7}}",
        "{\"choices\":[{}],\"usage\":{\"prompt_tokens\":7}}",
        "{\"choices\":[null],\"usage\":{\"prompt_tokens\":7}}",
        "{\"choices\":[],\"usage\":null}",
        "{\"choices\":[],\"usage\":7}",
        "{\"choices\":[]}",
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":7}",
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":7}}}",
        "[{\"choices\":[],\"usage\":{\"prompt_tokens\":7}}]",
        "\"choices\"",
        "",
        "[DONE]",
      })
  void hidesNoOtherEvent(String data) {
    String answer = "data: " + data + "\n\n";

    assertThat(Relayed.whole(true, answer).all()).isEqualTo(answer);
  }

  @Test
  void judgesEachEventOnItsOwn() {
    String answer =
        "data: {\"choices\":[{}],\"usage\":{\"prompt_tokens\":7}}\n\n"
            + "data: {\"choices\":[]}\n\n"
            + "data: {\"usage\":{}}\n\n"
            + "event: error\ndata: 1\n\n"
            + "data: {\"code\":1}\n\n";

    Relayed relayed = Relayed.whole(true, answer);

    assertThat(relayed.all()).isEqualTo(answer);
    assertThat(relayed.observer.errorCode()).isNull();
  }

  @Test
  void theLastUsageObjectCountsAndNullEffacesNothing() {
    StringBuilder answer = new StringBuilder();
    for (int i = 1; i <= 3; i++) {
      answer.append(
          "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":10,"
              + "\"completion_tokens\":%d}}\n\n".formatted(i));
    }
    answer.append("data: {\"choices\":[],\"usage\":null}\n\ndata: [DONE]\n\n");

    Relayed relayed = Relayed.whole(true, answer.toString());

    assertThat(relayed.observer.usage()).isEqualTo(new Usage(10, 3));
    assertThat(relayed.all()).isEqualTo(answer.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"prompt_tokens\":7} | 7 | 0",
        "{\"completion_tokens\":7} | 0 | 7",
        "{\"prompt_tokens\":null,\"completion_tokens\":3} | 0 | 3",
        "{\"prompt_tokens\":-1,\"completion_tokens\":3} | 0 | 3",
        "{\"prompt_tokens\":1e400,\"completion_tokens\":3} | 0 | 3",
        "{\"prompt_tokens\":[1,{\"prompt_tokens\":5}],\"completion_tokens\":3} | 0 | 3",
        "{\"prompt_tokens\":4294967296,\"output_tokens\":\"3\"} | 4294967296 | 3",
      })
  void readsUsageInManyForms(String usage, long prompt, long completion) {
    Usage expected = new Usage(prompt, completion);

    assertThat(Relayed.whole(true, "data: {\"usage\":" + usage + "}\n\n").observer.usage())
        .isEqualTo(expected);
    assertThat(Relayed.whole(true, "{\"usage\":" + usage + "}").observer.usage())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "null", "3", "{\"total_tokens\":3}", "{\"prompt_tokens\":\"x\"}"})
  void usageThatCountsNothingIsUnknown(String usage) {
    assertThat(Relayed.whole(true, "data: {\"usage\":" + usage + "}\n\n").observer.usage())
        .isNull();
    assertThat(Relayed.whole(true, "{\"usage\":" + usage + "}").observer.usage()).isNull();
  }

  // ---- what a stream says ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"delta\":{\"content\":\"a\"}",
        "\"delta\":{\"content\":[{}]}",
        "\"delta\":{\"role\":\"assistant\",\"reasoning_content\":\"a\"}",
        "\"delta\":{\"content\":null,\"reasoning\":\"a\"}",
        "\"delta\":{\"tool_calls\":[{\"index\":0}]}",
        "\"delta\":{\"function_call\":{\"name\":\"f\"}}",
        "\"delta\":{\"refusal\":\"no\"}",
        "\"delta\":{},\"finish_reason\":\"stop\"",
        "\"text\":\"a\"",
      })
  void theFirstEventThatSaysSomethingIsSubstance(String choice) {
    Relayed relayed = new Relayed(true).feed(": c\n\ndata: {\"choices\":[]}\n\n");
    assertThat(relayed.observer.substance()).isFalse();

    relayed.feed("data: {\"choices\":[{\"index\":0," + choice + "}]}\n\n");

    assertThat(relayed.observer.substance()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}",
        "{\"choices\":[{\"delta\":{\"content\":null,\"refusal\":null,\"tool_calls\":[]}}]}",
        "{\"choices\":[{\"delta\":null}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"a\"}}",
        "{\"delta\":{\"content\":\"a\"}}",
        "{\"error\":{}}",
        "[DONE]",
      })
  void anEventThatSaysNothingIsNoSubstance(String data) {
    assertThat(Relayed.whole(true, "data: " + data + "\n\n").observer.substance()).isFalse();
  }

  @Test
  void aStreamIsCompleteWithItsFinishReasonOrDone() {
    assertThat(Relayed.whole(true, "data: {\"choices\":[{\"finish_reason\":null}]}\n\n").facts())
        .contains("complete=false");
    assertThat(Relayed.whole(true, "data: {\"choices\":[{\"finish_reason\":\"x\"}]}\n\n").facts())
        .contains("complete=true");
    for (String done :
        List.of("data: [DONE]\n\n", "data:[DONE] \r\r", "data: [DONE]\n", "data: [DONE]")) {
      assertThat(Relayed.whole(true, done).facts()).as(done).contains("complete=true");
      assertThat(Relayed.byteByByte(true, done.getBytes(UTF_8)).facts()).contains("complete=true");
    }
  }

  @Test
  void knowsTheModelOfAStream() {
    String answer =
        "data: {\"model\":\"\"}\n\ndata: {\"model\":\"m\\u0031\"}\n\ndata: {\"model\":null}\n\n";

    assertThat(Relayed.whole(true, answer).observer.model()).isEqualTo("m1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      nullValues = "-",
      value = {
        "{\"error\":{\"message\":\"quota exceeded\",\"code\":429}} | 429",
        "{\"error\":{\"code\":null,\"type\":\"server_error\"}} | server_error",
        "{\"error\":{\"code\":\"\",\"type\":\"t\",\"x\":{\"code\":1}}} | t",
        "{\"error\":{\"message\":\"boom\"}} | -",
        "{\"error\":\"boom\"} | -",
        "{\"choices\":[],\"error\":{}} | -",
      })
  void anErrorInsideOfAnAnswerIsAFailure(String json, String code) {
    for (String answer : List.of("data: " + json + "\n\n", json)) {
      Relayed relayed = Relayed.whole(true, answer);

      assertThat(relayed.observer.failed()).isTrue();
      assertThat(relayed.observer.errorCode()).isEqualTo(code);
      assertThat(relayed.all()).isEqualTo(answer);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":null}",
        "{\"error\":false}",
        "{\"error\":\"\"}",
        "{\"a\":{\"error\":1}}"
      })
  void anEmptyErrorIsNone(String json) {
    assertThat(Relayed.whole(true, "data: " + json + "\n\n").observer.failed()).isFalse();
    assertThat(Relayed.whole(true, json).observer.failed()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      nullValues = "-",
      value = {
        "data: {\"code\":\"c\",\"message\":\"m\"} | c",
        "data: {\"error\":{\"type\":\"t\"},\"code\":\"c\"} | t",
        "data: no JSON | -",
        "id: 1 | -",
      })
  void anEventOfTypeErrorIsAFailure(String line, String code) {
    for (String answer : List.of("event: error\n" + line + "\n\n", line + "\nevent:error\n\n")) {
      Relayed relayed = Relayed.byteByByte(true, answer.getBytes(UTF_8));

      assertThat(relayed.observer.failed()).isTrue();
      assertThat(relayed.observer.errorCode()).isEqualTo(code);
    }
    assertThat(Relayed.whole(true, "event: errors\n" + line + "\n\n").observer.failed())
        .isEqualTo(line.contains("\"error\""));
    assertThat(Relayed.whole(true, "event: error\nevent\n\n").observer.failed()).isFalse();
  }

  // ---- long events ----

  @Test
  void anEventOfThreeMegabytesPassesWithBoundedMemory() {
    byte[] event =
        ("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1},\"x\":\""
                + "汉".repeat(1_000_000)
                + "\"}\n\n")
            .getBytes(UTF_8);
    Relayed relayed = new Relayed(true).feed(": c\n\n");

    for (int i = 0; i < event.length; i += 1000) {
      int to = Math.min(event.length, i + 1000);
      relayed.feed(event, i, to);
      int expected = to <= EventStream.INSPECTION_LIMIT ? 0 : to;
      assertThat(relayed.length()).isEqualTo(5 + expected);
      relayed.atBoundary(expected == 0 || to == event.length);
    }
    relayed.feed(USAGE + "data: [DONE]\n\n");

    assertThat(relayed.bytes()).startsWith(": c\n\n".getBytes(UTF_8)).hasSize(event.length + 19);
    assertThat(relayed.all()).isEqualTo(": c\n\n" + new String(event, UTF_8) + "data: [DONE]\n\n");
    assertThat(relayed.observer.substance()).isTrue();
    assertThat(relayed.observer.usage()).isEqualTo(new Usage(7, 2));
  }

  @Test
  void theInspectionLimitDoesNotDependOnTheSlices() {
    for (int excess : List.of(0, 1)) {
      String frame = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1},\"x\":\"%s\"}\n\n";
      int filler = EventStream.INSPECTION_LIMIT - frame.formatted("").length() + excess;
      String event = frame.formatted("x".repeat(filler));

      for (Relayed relayed :
          List.of(
              Relayed.whole(true, event + "data: 1\n\n"),
              Relayed.byteByByte(true, (event + "data: 1\n\n").getBytes(UTF_8)))) {
        assertThat(relayed.all()).isEqualTo(excess > 0 ? event + "data: 1\n\n" : "data: 1\n\n");
        assertThat(relayed.observer.usage()).isEqualTo(excess > 0 ? null : new Usage(1, 0));
      }
    }
  }

  // ---- JSON ----

  @Test
  void readsAJsonAnswerAfterBlankLinesInEverySplit() {
    String answer =
        "\n\n{\"id\":1,\"model\":\"m\\u0031\",\"choices\":[{\"message\":{\"content\":\"汉\",\"usage\":{}}}],"
            + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2},\"usage\":null}\n";
    byte[] bytes = answer.getBytes(UTF_8);
    for (int split = 0; split <= bytes.length; split++) {
      Relayed relayed = new Relayed(true);

      relayed.feed(bytes, 0, split);
      assertThat(relayed.length()).isEqualTo(split);
      assertThat(relayed.observer.substance()).isEqualTo(split > 2);
      assertThat(relayed.observer.complete()).isEqualTo(split >= bytes.length - 1);
      relayed.feed(bytes, split, bytes.length).end();

      assertThat(relayed.all()).isEqualTo(answer);
      assertThat(relayed.facts())
          .isEqualTo(
              "JSON Usage[promptTokens=7, completionTokens=2] m1"
                  + " substance=true complete=true failed=false null");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1", "{\"a\":}", "{}x", "{\"a\":\"\n\"}", "[", "{} {}"})
  void aBrokenJsonAnswerIsRelayedAndNotComplete(String answer) {
    assertThat(Relayed.whole(true, answer).all()).isEqualTo(answer);
    assertThat(Relayed.whole(true, answer).observer.complete()).isFalse();
    assertThat(Relayed.byteByByte(true, answer.getBytes(UTF_8)).observer.complete()).isFalse();
  }

  @Test
  void aJsonAnswerIsReadUpToTheLimitOfEachMember() {
    String filler = "\"x\":\"" + "y".repeat(16 << 10) + "\"";

    assertThat(Relayed.whole(true, "{\"usage\":{\"prompt_tokens\":1," + filler + "}}").facts())
        .isEqualTo("JSON null null substance=true complete=true failed=false null");
    assertThat(Relayed.whole(true, "{\"error\":{\"code\":1," + filler + "}}").facts())
        .isEqualTo("JSON null null substance=true complete=true failed=true null");
  }
}

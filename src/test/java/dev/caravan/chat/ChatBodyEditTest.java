package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatBodyEditTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"model\":\"a\",\"messages\":[]} | {\"model\":\"m1\",\"messages\":[]}",
        "{\"messages\":[],\"model\" : \"a\" } | {\"messages\":[],\"model\" : \"m1\" }",
        "{\"model\":\"a\",\"model\":\"b\"} | {\"model\":\"m1\",\"model\":\"m1\"}",
        "{\"model\":\"a\",\"mod\\u0065l\":\"b\"} | {\"model\":\"m1\",\"mod\\u0065l\":\"m1\"}",
        "{\"model\":null} | {\"model\":\"m1\"}",
        "{\"model\":{\"model\":\"x\"}} | {\"model\":\"m1\"}",
        "{\"model\":-1.5e3} | {\"model\":\"m1\"}",
        "{\"model\":1,\"a\":2} | {\"model\":\"m1\",\"a\":2}",
        "{\"messages\":[]} | {\"messages\":[],\"model\":\"m1\"}",
        "{} | {\"model\":\"m1\"}",
        "{ } | { \"model\":\"m1\"}",
        "{\"a\":{\"model\":\"x\"},\"b\":[{\"model\":\"y\"}]}"
            + " | {\"a\":{\"model\":\"x\"},\"b\":[{\"model\":\"y\"}],\"model\":\"m1\"}",
        "{\"a\":\"\\\"model\\\":\\\"x\\\"\"} | {\"a\":\"\\\"model\\\":\\\"x\\\"\",\"model\":\"m1\"}",
      })
  void writesTheModelWhereverItStands(String body, String edited) throws Exception {
    assertThat(edit(body, "m1", null, false)).isEqualTo(edited);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"stream\":false,\"stream\":true} | {\"stream\":true,\"stream\":true}",
        "{\"stream\":\"true\"} | {\"stream\":true}",
        "{\"stream\":null,\"a\":1} | {\"stream\":true,\"a\":1}",
        "{\"a\":1} | {\"a\":1,\"stream\":true}",
      })
  void writesTheConfiguredStream(String body, String edited) throws Exception {
    assertThat(edit(body, null, true, false)).isEqualTo(edited);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"stream_options\":{},\"stream\":true} | {\"stream\":false}",
        "{ \"stream_options\" : {} , \"stream\":true} | { \"stream\":false}",
        "{\"stream\":true , \"stream_options\":{} } | {\"stream\":false }",
        "{\"stream\":true,\"stream_options\":null,\"a\":1} | {\"stream\":false,\"a\":1}",
        "{\"stream_options\":{},\"stream_options\":{},\"stream\":true,\"stream_options\":1,"
            + "\"a\":1,\"stream\\u005foptions\":{},\"stream_options\":2}"
            + " | {\"stream\":false,\"a\":1}",
        "{\"stream_options\":{}} | {\"stream\":false}",
        "{ \"stream_options\":{} , \"stream_options\":{} } | { \"stream\":false }",
        "{\"a\":1,\"stream_options\":{}} | {\"a\":1,\"stream\":false}",
        "{\"a\":1} | {\"a\":1,\"stream\":false}",
      })
  void aConfiguredStreamOfFalseRemovesEveryStreamOptions(String body, String edited)
      throws Exception {
    assertThat(edit(body, null, false, true)).isEqualTo(edited);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"stream\":true} | {\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
        "{\"stream\":true,\"stream_options\":{}}"
            + " | {\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
        "{\"stream_options\":{ },\"stream\":true}"
            + " | {\"stream_options\":{ \"include_usage\":true},\"stream\":true}",
        "{\"stream_options\":{\"x\":1e400 },\"stream\":true}"
            + " | {\"stream_options\":{\"x\":1e400,\"include_usage\":true },\"stream\":true}",
        "{\"stream_options\":{\"include_usage\":false,\"x\":1},\"stream\":true}"
            + " | {\"stream_options\":{\"include_usage\":true,\"x\":1},\"stream\":true}",
        "{\"stream_options\":{\"include_usage\":true,\"include\\u005fusage\":0},\"stream\":true}"
            + " | {\"stream_options\":{\"include_usage\":true,\"include\\u005fusage\":true},"
            + "\"stream\":true}",
        "{\"stream_options\":null,\"stream\":true}"
            + " | {\"stream_options\":{\"include_usage\":true},\"stream\":true}",
        "{\"stream_options\":\"x\",\"stream_options\":[],\"stream\":true}"
            + " | {\"stream_options\":{\"include_usage\":true},"
            + "\"stream_options\":{\"include_usage\":true},\"stream\":true}",
        "{\"stream_options\":{\"x\":{\"include_usage\":true}},\"stream\":true}"
            + " | {\"stream_options\":{\"x\":{\"include_usage\":true},\"include_usage\":true},"
            + "\"stream\":true}",
      })
  void asksForTheUsageOfAStream(String body, String edited) throws Exception {
    assertThat(edit(body, null, null, true)).isEqualTo(edited);
    assertThat(scan(body).edit(null, null, true).usageAsked()).isTrue();
  }

  @Test
  void leavesAStreamAloneWhoseClientAsksItself() throws Exception {
    ChatBody body =
        scan(
            "{\"stream\":true,\"stream_options\":{},"
                + "\"stream_options\":{\"include_usage\":false,\"include_usage\":true}}");

    BodyEdit edit = body.edit(null, null, true);

    assertThat(body.usageRequested()).isTrue();
    assertThat(edit.isEmpty()).isTrue();
    assertThat(edit.usageAsked()).isFalse();
    assertThat(edit.stream()).isTrue();
  }

  @Test
  void asksForNoUsageWhereNoStreamWillCome() throws Exception {
    BodyEdit edit = scan("{\"messages\":[],\"stream_options\":{}}").edit(null, null, true);

    assertThat(edit).isEqualTo(new BodyEdit(edit.patches(), false, false));
    assertThat(edit.isEmpty()).isTrue();
  }

  @Test
  void asksForTheUsageOfAStreamThatOnlyTheConfigurationWants() throws Exception {
    assertThat(edit("{\"messages\":[]}", "m", true, true))
        .isEqualTo(
            "{\"messages\":[],\"model\":\"m\",\"stream\":true,"
                + "\"stream_options\":{\"include_usage\":true}}");
  }

  @Test
  void addsToAnObjectThatLosesItsLastMember() throws Exception {
    assertThat(edit("{\"a\":1,\"stream_options\":{}}", "m", false, false))
        .isEqualTo("{\"a\":1,\"model\":\"m\",\"stream\":false}");
  }

  @Test
  void leavesABodyAloneThatSaysWhatIsConfigured() throws Exception {
    BodyEdit edit = scan("{\"model\":\"m\\u0031\",\"stream\":false}").edit("m1", false, true);

    assertThat(edit.isEmpty()).isTrue();
  }

  @Test
  void escapesTheConfiguredModel() throws Exception {
    assertThat(edit("{}", "a\"b\\c\n汉😀", null, false))
        .isEqualTo("{\"model\":\"a\\\"b\\\\c\\n汉😀\"}");
  }

  @Test
  void dropsAByteOrderMark() throws Exception {
    assertThat(edit("\ufeff{\"model\":\"a\"}", "b", null, false)).isEqualTo("{\"model\":\"b\"}");
    assertThat(edit("\ufeff[1]", "b", true, true)).isEqualTo("[1]");
  }

  @Test
  void anEditKnowsTheLengthAfterIt() throws Exception {
    String body = "\ufeff{\"stream_options\":{},\"model\":\"a\"}";
    BodyEdit edit = scan(body).edit("longer", false, false);
    int length = body.getBytes(UTF_8).length;

    assertThat(edit.lengthAfter(length)).isEqualTo(edit.apply(body.getBytes(UTF_8)).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[{\"model\":\"a\",\"messages\":[]}]", "\"messages\"", "1", "null"})
  void aBodyThatIsNoObjectIsLeftAlone(String text) throws Exception {
    ChatBody body = scan(text);

    assertThat(body.isObject()).isFalse();
    assertThat(body.isChat()).isFalse();
    assertThat(body.model()).isNull();
    assertThat(body.edit("m", true, true)).isEqualTo(new BodyEdit(List.of(), false, false));
  }

  @Test
  void reportsTheLastSpelling() throws Exception {
    ChatBody body =
        scan(
            "{\"model\":\"cheap\",\"stream\":true,\"mod\\u0065l\":\"d\\u0065ar\\uD83D\\uDE00\","
                + "\"str\\u0065am\":false,\"m\\u0065ssages\":null}");

    assertThat(body.model()).isEqualTo("dear😀");
    assertThat(body.stream()).isFalse();
    assertThat(body.isChat()).isTrue();
  }

  @Test
  void aLastModelThatIsNoStringCountsAsNone() throws Exception {
    assertThat(scan("{\"model\":\"a\",\"model\":null}").model()).isNull();
    assertThat(scan("{\"model\":\"a\",\"model\":7}").model()).isNull();
    assertThat(scan("{\"model\":\"" + "x".repeat(1022) + "\"}").model()).hasSize(1022);
    assertThat(scan("{\"model\":\"" + "x".repeat(1023) + "\"}").model()).isNull();
  }

  @Test
  void anAbsurdlyLongModelIsReplacedAllTheSame() throws Exception {
    assertThat(edit("{\"model\":\"" + "x".repeat(100_000) + "\"}", "m", null, false))
        .isEqualTo("{\"model\":\"m\"}");
  }

  @Test
  void refusesStreamOptionsBeyondTheLimit() throws Exception {
    String fits = "{\"stream_options\":{\"x\":\"" + "y".repeat((64 << 10) - 8) + "\"}}";
    String tooLong = fits.replace("\"x\"", "\"xx\"");

    assertThat(scan(fits).usageRequested()).isFalse();
    assertThatThrownBy(() -> scan(tooLong))
        .isInstanceOf(MalformedJsonException.class)
        .hasMessageStartingWith("stream_options is longer than 65536 bytes at byte 18 ");
  }

  @Test
  void refusesMoreThanAThousandSpellings() throws Exception {
    String thousand = "\"model\":1,".repeat(1000);
    String options = "\"stream_options\":{\"a\":1" + ",\"include_usage\":1".repeat(999) + "}";

    assertThat(edit("{" + thousand + "\"a\":1}", "m", null, false)).hasSize(12 * 1000 + 7);
    assertThat(scan("{" + options + "}").usageRequested()).isFalse();
    assertThatThrownBy(() -> scan("{" + thousand + "\"stream\":1}"))
        .isInstanceOf(MalformedJsonException.class)
        .hasMessageContaining("more than 1000 times");
    assertThatThrownBy(() -> scan("{" + options + ",\"model\":1}"))
        .isInstanceOf(MalformedJsonException.class);
  }

  @Test
  void aLongBodyInSlicesIsEditedByItsOffsets() throws Exception {
    // Given: 64 MiB whose model stands at the very end
    byte[] filler = new byte[1 << 16];
    Arrays.fill(filler, (byte) 'x');
    byte[] head = "{\"messages\":[\"".getBytes(UTF_8);
    byte[] tail = "\"],\"model\":\"a\"}".getBytes(UTF_8);
    ChatBodyScanner scanner = new ChatBodyScanner();

    // When
    scanner.feed(head, 0, head.length);
    for (int i = 0; i < 1024; i++) {
      scanner.feed(filler, 0, filler.length);
    }
    scanner.feed(tail, 0, tail.length);
    ChatBody body = scanner.finish();

    // Then
    long at = head.length + (64L << 20) + 11;
    assertThat(body.length()).isEqualTo(head.length + (64L << 20) + tail.length);
    assertThat(body.edit("b", null, false).patches())
        .singleElement()
        .satisfies(
            patch -> {
              assertThat(patch.from()).isEqualTo(at);
              assertThat(patch.to()).isEqualTo(at + 3);
              assertThat(patch.replacement()).asString(UTF_8).isEqualTo("\"b\"");
            });
  }

  @Test
  void everySplitOfABodyGivesTheSameEdit() throws Exception {
    byte[] body =
        ("\ufeff {\"mod\\u0065l\" : \"汉\\n😀\", \"n\":[-0.5e+10,true,null,\"\\\\\"] ,"
                + "\"stream\":true,\"stream_options\":{\"include_usage\": false},\"messages\":[]}\n")
            .getBytes(UTF_8);
    byte[] expected = edit(new String(body, UTF_8), "m", null, true).getBytes(UTF_8);

    for (int split = 0; split <= body.length; split++) {
      ChatBodyScanner scanner = new ChatBodyScanner();
      scanner.feed(body, 0, split);
      scanner.feed(Arrays.copyOfRange(body, split, body.length), 0, body.length - split);
      ChatBody read = scanner.finish();
      assertThat(read.model()).isEqualTo("汉\n😀");
      assertThat(read.edit("m", null, true).apply(body)).isEqualTo(expected);
    }
  }

  private static ChatBody scan(String text) throws MalformedJsonException {
    byte[] body = text.getBytes(UTF_8);
    ByteArrayOutputStream padded = new ByteArrayOutputStream();
    padded.writeBytes("xx".getBytes(StandardCharsets.US_ASCII));
    padded.writeBytes(body);
    padded.write('x');
    ChatBodyScanner scanner = new ChatBodyScanner();
    scanner.feed(padded.toByteArray(), 2, 2 + body.length);
    return scanner.finish();
  }

  private static String edit(String text, String model, Boolean stream, boolean askUsage)
      throws MalformedJsonException {
    byte[] edited = scan(text).edit(model, stream, askUsage).apply(text.getBytes(UTF_8));
    return new String(edited, UTF_8);
  }
}

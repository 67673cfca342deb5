package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.Charset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatBodyScannerTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\ufeff",
        "{",
        "[",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "[1,",
        "\"",
        "\"\\",
        "\"\\u",
        "\"\\u00",
        "tru",
        "-",
        "1.",
        "1e",
        "1e+",
        "{\"a\":tr"
      })
  void saysWhatIsMissingFromABodyThatEndsTooEarly(String body) {
    assertThatThrownBy(() -> scan(body.getBytes(UTF_8)))
        .isInstanceOf(MalformedJsonException.class)
        .hasMessageStartingWith("ends too early at byte " + body.getBytes(UTF_8).length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"a\":} | 5 | unexpected character '}' at byte 5 (line 1, column 6), expected a value",
        "{\"a\":1,} | 7 | unexpected character '}' at byte 7 (line 1, column 8), expected a name",
        "{'a':1} | 1 | unexpected character '''",
        "[1 2] | 3 | unexpected character '2' at byte 3 (line 1, column 4), expected ',' or ']'",
        "{\"a\":1]} | 6 | unexpected character ']' at byte 6 (line 1, column 7), expected ',' or '}'",
        "{}x | 2 | unexpected character 'x' at byte 2 (line 1, column 3), expected nothing after",
        "{} {} | 3 | unexpected character '{'",
        "01 | 1 | unexpected character '1'",
        "[1.] | 3 | unexpected character ']' at byte 3 (line 1, column 4), expected a digit after",
        "[+1] | 1 | unexpected character '+'",
        "[.5] | 1 | unexpected character '.'",
        "[1e] | 3 | unexpected character ']'",
        "[-a] | 2 | unexpected character 'a' at byte 2 (line 1, column 3), expected a digit",
        "[truu] | 4 | unexpected character 'u'",
        "[NaN] | 1 | unexpected character 'N'",
        "[\"\\x\"] | 3 | unexpected character 'x'",
        "[\"\\u12g4\"] | 6 | unexpected character 'g'",
        "[/**/] | 1 | unexpected character '/'",
      })
  void saysWhereAndWhatIsWrong(String body, int offset, String message) {
    MalformedJsonException refused =
        catchThrowableOfType(MalformedJsonException.class, () -> scan(body.getBytes(UTF_8)));

    assertThat(refused).hasMessageStartingWith(message);
    assertThat(refused.offset()).isEqualTo(offset);
  }

  @Test
  void countsLinesAndColumns() {
    MalformedJsonException refused =
        catchThrowableOfType(
            MalformedJsonException.class, () -> scan("{\n  \"a\": 1,\r\n  b\n}".getBytes(UTF_8)));

    assertThat(refused).hasMessageContaining("at byte 15 (line 3, column 3)");
    assertThat(refused.line()).isEqualTo(3);
    assertThat(refused.column()).isEqualTo(3);
  }

  @Test
  void refusesAControlCharacterInAString() {
    assertThatThrownBy(() -> scan("[\"a\nb\"]".getBytes(UTF_8)))
        .hasMessageStartingWith("unexpected byte 0x0a at byte 3");
  }

  @Test
  void staysRefused() {
    ChatBodyScanner scanner = new ChatBodyScanner();
    byte[] bytes = "}{}".getBytes(UTF_8);

    assertThatThrownBy(() -> scanner.feed(bytes, 0, 1)).isInstanceOf(MalformedJsonException.class);
    assertThatThrownBy(() -> scanner.feed(bytes, 1, 3)).hasMessageContaining("at byte 0");
    assertThatThrownBy(scanner::finish).hasMessageContaining("at byte 0");
  }

  @Test
  void saysThatUtf16AndUtf32AreNotRead() {
    for (String text : List.of("{\"a\":1}", "[1]", "\"a\"", "1", " {}")) {
      for (Charset charset :
          List.of(UTF_16LE, UTF_16BE, Charset.forName("UTF-32LE"), Charset.forName("UTF-32BE"))) {
        for (String mark : List.of("", "\ufeff")) {
          assertThatThrownBy(() -> scan((mark + text).getBytes(charset)))
              .as("%s in %s", text, charset)
              .isInstanceOf(MalformedJsonException.class)
              .hasMessageContaining("UTF-16 or UTF-32");
        }
      }
    }
  }

  @Test
  void refusesWhatIsNoUtf8AsTheJdkDoes() {
    for (int lead = 0x80; lead <= 0xff; lead++) {
      for (int second = 0; second <= 0xff; second++) {
        for (int more = 0; more < 3; more++) {
          String bytes = "" + (char) lead + (char) second + "\u0080\u00bf".substring(0, more);
          byte[] body = ("[\"a" + bytes + "\"]").getBytes(ISO_8859_1);
          boolean expected = ParsedJson.read(body).isPresent();

          assertThat(accepts(body)).as("%02x %02x %d", lead, second, more).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void saysThatAByteIsNoUtf8() {
    assertThatThrownBy(() -> scan("[\"a\u00e4\"]".getBytes(ISO_8859_1)))
        .hasMessageStartingWith("character '\"' is no valid UTF-8 at byte 4");
    assertThatThrownBy(() -> scan("[\"\u00ff\"]".getBytes(ISO_8859_1)))
        .hasMessageStartingWith("byte 0xff is no valid UTF-8 at byte 2");
  }

  @Test
  void aByteOrderMarkIsOnlyTakenAtTheStart() {
    assertThatThrownBy(() -> scan(" \ufeff{}".getBytes(UTF_8)))
        .hasMessageStartingWith("unexpected byte 0xef at byte 1");
    assertThatThrownBy(() -> scan("\ufeff\ufeff{}".getBytes(UTF_8)))
        .hasMessageStartingWith("unexpected byte 0xef at byte 3");
  }

  @Test
  void nestsAHundredThousandLevels() throws Exception {
    int levels = 100_000;
    String body =
        "{\"messages\":" + "[{\"a\":".repeat(levels) + "1" + "}]".repeat(levels) + ",\"model\":1}";

    assertThat(scan(body.getBytes(UTF_8)).isChat()).isTrue();
    assertThatThrownBy(() -> scan(body.replace("}]}]", "}]]}").getBytes(UTF_8)))
        .hasMessageContaining("expected ',' or '}'");
  }

  private static boolean accepts(byte[] body) {
    try {
      return scan(body).length() == body.length;
    } catch (MalformedJsonException e) {
      return false;
    }
  }

  private static ChatBody scan(byte[] body) throws MalformedJsonException {
    ChatBodyScanner scanner = new ChatBodyScanner();
    scanner.feed(body, 0, body.length);
    return scanner.finish();
  }
}

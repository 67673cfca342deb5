package dev.caravan.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlParserTest {
  /** What {@code kubectl create --dry-run} makes of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "yes | true",
        "off | false",
        "True | true",
        "'yes' | \"yes\"",
        "y | \"y\"",
        "~ | null",
        "null | null",
        "10 | 10",
        "-1_000 | -1000",
        "0x1F | 31",
        "017 | 15",
        "0b11 | 3",
        "1.5 | 1.5",
        "1e3 | 1E+3",
        "1.2.3 | \"1.2.3\"",
        "5s | \"5s\"",
        "12:30:45 | \"12:30:45\"",
        "2024-01-01 | \"2024-01-01\"",
        "!!str 5 | \"5\"",
        "09 | 9"
      })
  void a_scalar_is_what_kubernetes_takes_it_for(String yaml, String json) {
    Document.Parsed parsed = YamlParser.parse("a: " + yaml);

    assertThat(parsed.error()).isNull();
    assertThat(parsed.documents().getFirst().tree().get("a").toString()).isEqualTo(json);
  }

  @ParameterizedTest
  @CsvSource({"a: .inf", "a: .nan", "{a: b}: c", "? [a]", "<<: 5", "a: *nowhere", "a: x\u0007x"})
  void what_json_cannot_hold_is_refused(String yaml) {
    assertThat(YamlParser.parse("b: c\n" + yaml).error())
        .isNotNull()
        .extracting(Document.SyntaxError::line)
        .isEqualTo(2);
  }

  @Test
  void explicit_keys_win_over_merged_ones_and_earlier_sources_over_later_ones() {
    String yaml =
        """
        one: &one {a: 1, b: 1, c: 1}
        two: &two {b: 2, c: 2, d: 2}
        all: {c: 3, <<: [*one, *two]}
        """;

    assertThat(YamlParser.parse(yaml).documents().getFirst().tree().get("all").toString())
        .isEqualTo("{\"c\":3,\"a\":1,\"b\":1,\"d\":2}");
  }

  @Test
  void documents_before_an_error_are_kept() {
    Document.Parsed parsed = YamlParser.parse("a: 1\n---\nb: 2\n---\nc: [\n");

    assertThat(parsed.documents()).hasSize(2);
    assertThat(parsed.documents().get(1).line()).isEqualTo(3);
    assertThat(parsed.error()).isNotNull();
  }

  @Test
  void every_field_knows_its_line() {
    Document document = YamlParser.parse("a:\n  b:\n  - c: 1\n    d.e: 2\n").documents().getFirst();

    assertThat(document.lines())
        .containsEntry("a", 1)
        .containsEntry("a.b", 2)
        .containsEntry("a.b[0]", 3)
        .containsEntry("a.b[0].c", 3)
        .containsEntry("a.b[0][\"d.e\"]", 4);
  }

  @Test
  void the_text_of_the_file_is_in_no_message() {
    List<String> broken =
        List.of(
            "apiKey: \"sk-CANARY",
            "apiKey: [sk-CANARY",
            "apiKey: sk-CANARY: x",
            "apiKey: @sk-CANARY",
            "sk-CANARY");

    assertThat(broken)
        .extracting(YamlParser::parse)
        .allSatisfy(parsed -> assertThat(String.valueOf(parsed.error())).doesNotContain("CANARY"));
  }
}

package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamOptionsRefusalTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "400 | {\"error\":{\"message\":\"extraneous key [include_usage] is not permitted\"}} | true",
        "422 | {\"detail\":[{\"loc\":[\"body\",\"stream_options\"],\"type\":\"extra\"}]} | true",
        "422 | {\"error\":{\"message\":\"messages: too short\"}} | false",
        "400 | | false",
        "500 | {\"error\":{\"message\":\"stream_options\"}} | false",
        "200 | include_usage | false",
      })
  void isA400Or422ThatNamesTheField(int status, String body, boolean refusal) {
    byte[] bytes = body == null ? new byte[0] : body.getBytes(UTF_8);

    assertThat(StreamOptionsRefusal.matches(status, bytes)).isEqualTo(refusal);
  }

  @Test
  void looksAtTheFirst64KiBOnly() {
    String name = "stream_options";
    byte[] within = (" ".repeat(StreamOptionsRefusal.LIMIT - name.length()) + name).getBytes(UTF_8);
    byte[] beyond = (" ".repeat(StreamOptionsRefusal.LIMIT) + name).getBytes(UTF_8);

    assertThat(StreamOptionsRefusal.matches(400, within)).isTrue();
    assertThat(StreamOptionsRefusal.matches(400, beyond)).isFalse();
  }
}

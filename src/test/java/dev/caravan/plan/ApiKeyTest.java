package dev.caravan.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {
  @ParameterizedTest
  @ValueSource(strings = {"sk-1", "sk-1\n", "sk-1\r\n", " sk-1 ", "Bearer sk-1", "bearer  sk-1\n"})
  void what_pastes_and_pipes_leave_around_a_key_is_dropped(String text) {
    assertThat(ApiKey.of(text).headerValue()).isEqualTo("Bearer sk-1");
    assertThat(ApiKey.of(text)).isEqualTo(ApiKey.of("sk-1")).hasSameHashCodeAs(ApiKey.of("sk-1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n", "Bearer ", "CANARY\nx", "CANARY x", "CANARY\u0000", "CANARYü"})
  void what_a_header_cannot_carry_is_refused_without_showing_it(String text) {
    assertThatThrownBy(() -> ApiKey.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .doesNotContain("CANARY")
        .matches("is empty|holds the byte 0x.*");
  }

  @Test
  void any_visible_ascii_is_accepted() {
    String base64 = "aGVsbG8/+w==~!{}";
    assertThat(ApiKey.of(base64).bytes()).isEqualTo(base64.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void a_key_shows_its_fingerprint_and_never_itself() {
    assertThat(ApiKey.of("abc").fingerprint()).isEqualTo("ba7816bf");
    assertThat(new Credential.Inline(ApiKey.of("abc")).toString()).contains("***");
    assertThat(ApiKey.of("abc")).isNotEqualTo(ApiKey.of("abd"));
  }
}

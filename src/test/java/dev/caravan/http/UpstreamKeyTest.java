package dev.caravan.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UpstreamKeyTest {
  private final UpstreamKey key = new UpstreamKey("Bearer sk-aab", "sk-aab".getBytes(US_ASCII));

  @Test
  void everyLiteralRepetitionIsMasked() {
    assertThat(masked("sk-aab")).isEqualTo("***");
    assertThat(masked("Incorrect key: sk-aab, sk-aabsk-aab."))
        .isEqualTo("Incorrect key: ***, ******.");
    assertThat(masked("sk-sk-aab sk-aa")).isEqualTo("sk-*** sk-aa");
  }

  @Test
  void aTextWithoutItIsNotCopied() {
    byte[] text = "no key here, sk-aa".getBytes(US_ASCII);

    assertThat(key.mask(text)).isSameAs(text);
  }

  @Test
  void itDoesNotShowItself() {
    assertThat(key).hasToString("***");
  }

  private String masked(String text) {
    return new String(key.mask(text.getBytes(US_ASCII)), US_ASCII);
  }
}

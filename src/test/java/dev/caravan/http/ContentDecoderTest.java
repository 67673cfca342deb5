package dev.caravan.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentDecoderTest {
  private static final String TEXT = "data: 汉字 ".repeat(20_000);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 1000, Integer.MAX_VALUE})
  void decodesGzipInPiecesOfAnySize(int piece) throws IOException {
    assertThat(decode("gzip", gzip(TEXT), piece)).isEqualTo(TEXT);
  }

  @Test
  void decodesSeveralMembersAndDeflate() throws IOException {
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    two.write(gzip("one "));
    two.write(gzip("two"));
    ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(deflated)) {
      out.write(TEXT.getBytes(UTF_8));
    }

    assertThat(decode("x-gzip", two.toByteArray(), 3)).isEqualTo("one two");
    assertThat(decode("DEFLATE", deflated.toByteArray(), 100)).isEqualTo(TEXT);
  }

  @Test
  void skipsEveryOptionalFieldOfTheHeader() throws IOException {
    byte[] plain = gzip("x");
    ByteArrayOutputStream full = new ByteArrayOutputStream();
    full.write(plain, 0, 3);
    full.write(2 | 4 | 8 | 16);
    full.write(plain, 4, 6);
    full.write(new byte[] {3, 0, 'e', 'x', 't'});
    full.write("name\0comment\0".getBytes(UTF_8));
    full.write(new byte[] {9, 9});
    full.write(plain, 10, plain.length - 10);

    assertThat(decode("gzip", full.toByteArray(), 1)).isEqualTo("x");
  }

  @Test
  void handsOnWhatWasFlushedAtOnce() throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    List<String> handedOn = new ArrayList<>();
    try (GZIPOutputStream out = new GZIPOutputStream(compressed, 512, true);
        ContentDecoder decoder = ContentDecoder.of("gzip")) {
      for (String event : List.of("first", "second")) {
        out.write(event.getBytes(UTF_8));
        out.flush();
        byte[] bytes = compressed.toByteArray();
        compressed.reset();
        decoder.feed(
            bytes,
            0,
            bytes.length,
            (b, from, to) -> handedOn.add(new String(b, from, to - from, UTF_8)));
        assertThat(handedOn).last().isEqualTo(event);
      }
    }
  }

  @Test
  void neverMakesOneHugePieceOfASmallInput() throws IOException {
    byte[] bomb = gzip("\0".repeat(10_000_000));
    List<Integer> sizes = new ArrayList<>();

    try (ContentDecoder decoder = ContentDecoder.of("gzip")) {
      decoder.feed(bomb, 0, bomb.length, (b, from, to) -> sizes.add(to - from));
    }

    assertThat(sizes).allMatch(size -> size <= 16 * 1024);
    assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(10_000_000);
  }

  @Test
  void refusesWhatIsNotOfTheCodingAndKnowsATruncatedEnd() throws IOException {
    byte[] cut = gzip(TEXT);
    try (ContentDecoder decoder = ContentDecoder.of("gzip")) {
      decoder.feed(cut, 0, cut.length - 9, (b, from, to) -> {});
      assertThat(decoder.complete()).isFalse();
    }
    assertThatThrownBy(() -> decode("gzip", "{}".getBytes(UTF_8), 10))
        .isInstanceOf(ZipException.class);
    assertThat(ContentDecoder.of("zstd")).isNull();
    assertThat(ContentDecoder.of("gzip, gzip")).isNull();
  }

  private static String decode(String coding, byte[] bytes, int piece) throws ZipException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ContentDecoder decoder = ContentDecoder.of(coding)) {
      for (int from = 0; from < bytes.length; ) {
        int to = (int) Math.min(bytes.length, (long) from + piece);
        decoder.feed(bytes, from, to, (b, f, t) -> out.write(b, f, t - f));
        from = to;
      }
      assertThat(decoder.complete()).isTrue();
    }
    return out.toString(UTF_8);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}

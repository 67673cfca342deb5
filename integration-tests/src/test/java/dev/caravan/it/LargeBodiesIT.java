package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.ReceivedRequest;
import dev.caravan.emulator.Script;
import dev.caravan.it.RawClient.Head;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that do not fit into memory, in a process of 64 MB. */
class LargeBodiesIT {
  private static final String HOST = "large.test";
  private static final int MEBIBYTE = 1 << 20;
  private static final int LIMIT = 64 * MEBIBYTE;
  private static final byte[] FILLING = "x".repeat(64 << 10).getBytes(UTF_8);
  private static final Emulator PROVIDER = Emulator.builder().keepingBodyBytes(1024).start();
  private static final Path SPOOL = spoolDirectory();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider(HOST).model("m-large").key("sk-CANARY-l").with("timeouts: {connect: 60s}"))
          .jvm("-Xmx64m", "-Dcaravan.spool-directory=" + SPOOL)
          .build();

  /** How a provider that does not want the body goes on after its answer. */
  private enum Refusal {
    READS_ON(script -> script),
    CLOSES(Script::close),
    RESETS(Script::reset);

    private final UnaryOperator<Script> end;

    Refusal(UnaryOperator<Script> end) {
      this.end = end;
    }
  }

  @AfterEach
  void nothingIsLeftOnDisk() {
    await().untilAsserted(() -> assertThat(spooled()).as("files still there or open").isEmpty());
  }

  @AfterAll
  static void removeSpool() throws IOException {
    Files.delete(SPOOL);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 60})
  void aLargeChatBodyIsEditedAndOtherwiseUnchanged(int mebibytes) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("Content-Length: " + chatLength(mebibytes * MEBIBYTE)));
      sendChat(client, mebibytes * MEBIBYTE);
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
    ReceivedRequest received = PROVIDER.requests().getFirst();
    assertThat(received.bodySha256()).isEqualTo(editedDigest(mebibytes * MEBIBYTE));
    assertThat(received.headerValues("content-length"))
        .containsExactly(Long.toString(received.bodyLength()));
  }

  @Test
  void aLargeChatBodyInChunksIsEditedToo() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("Transfer-Encoding: chunked"));
      sendChunks(client, 3 * MEBIBYTE);
      assertThat(client.readHead().status()).isEqualTo(200);
      client.readBody();
    }
    assertThat(PROVIDER.requests().getFirst().bodySha256()).isEqualTo(editedDigest(3 * MEBIBYTE));
  }

  @Test
  void manyLargeBodiesAtOnceFitIntoASmallHeap() throws Exception {
    int size = 20 * MEBIBYTE;
    List<Future<Integer>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        answers.add(clients.submit(() -> statusOfChat(size)));
      }
    }
    for (Future<Integer> answer : answers) {
      assertThat(answer.get()).isEqualTo(200);
    }
    assertThat(PROVIDER.requests())
        .hasSize(16)
        .allMatch(request -> request.bodySha256().equals(editedDigest(size)));
  }

  @Test
  void aSmallCompressedBodyThatGrowsFitsIntoASmallHeapToo() throws Exception {
    int size = 60 * MEBIBYTE;
    byte[] small = gzippedChat(size);
    List<Future<Integer>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        answers.add(clients.submit(() -> statusOfGzip(small)));
      }
    }
    for (Future<Integer> answer : answers) {
      assertThat(answer.get()).isEqualTo(200);
    }
    assertThat(PROVIDER.requests())
        .hasSize(4)
        .allMatch(request -> request.bodySha256().equals(editedDigest(size)));
  }

  @ParameterizedTest
  @CsvSource({"Content-Length: 68157440", "Transfer-Encoding: chunked"})
  void tooMuchIsRefusedReadablyToAClientThatGoesOnSending(String framing) throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head(framing));
      try {
        if (framing.startsWith("Content")) {
          sendChat(client, 65 * MEBIBYTE);
        } else {
          sendChunks(client, 65 * MEBIBYTE);
        }
      } catch (IOException e) {
        // Caravan has stopped reading: the answer is there all the same.
      }
      Head head = client.readHead();
      assertThat(head.status()).isEqualTo(413);
      assertThat(head.header("connection")).contains("close");
      assertThat(client.readText()).contains("\"type\":\"caravan\"", Integer.toString(LIMIT));
    }
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @Test
  void aClientThatLeavesInTheMiddleOfItsUploadLeavesNothingBehind() throws Exception {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("Content-Length: " + chatLength(20 * MEBIBYTE)));
      client.send(chatStart());
      for (int sent = 0; sent < 10 * MEBIBYTE; sent += FILLING.length) {
        client.send(FILLING);
      }
      await().untilAsserted(() -> assertThat(spooled()).hasSize(1));
      client.reset();
    }
    nothingIsLeftOnDisk();
    assertThat(PROVIDER.requests()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerBeforeTheSpooledBodyIsUpReachesTheClient(Refusal how) throws Exception {
    refuse(how);
    assertThat(statusOfChat(20 * MEBIBYTE)).isEqualTo(401);
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerBeforeTheStreamedBodyIsUpReachesTheClient(Refusal how) throws Exception {
    refuse(how);
    try (RawClient client = CARAVAN.connect()) {
      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: "
              + HOST
              + "\r\nContent-Type: application/octet-stream\r\nContent-Length: "
              + 20 * MEBIBYTE
              + "\r\n\r\n");
      try {
        for (int sent = 0; sent < 20 * MEBIBYTE; sent += FILLING.length) {
          client.send(FILLING);
        }
      } catch (IOException e) {
        // Caravan has stopped reading: the answer is there all the same.
      }
      assertThat(client.readHead().status()).isEqualTo(401);
      assertThat(client.readText()).contains("not you");
    }
  }

  private static void refuse(Refusal how) {
    Script answer = Script.status(401).error("not you", "invalid_api_key").beforeBody();
    PROVIDER.when(Match.host(HOST)).answer(how.end.apply(answer));
  }

  private static int statusOfChat(int size) throws IOException {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("Content-Length: " + chatLength(size)));
      sendChat(client, size);
      return statusOf(client);
    }
  }

  private static int statusOfGzip(byte[] small) throws IOException {
    try (RawClient client = CARAVAN.connect()) {
      client.send(head("Content-Encoding: gzip\r\nContent-Length: " + small.length));
      return statusOf(client.send(small));
    }
  }

  private static int statusOf(RawClient client) throws IOException {
    int status = client.readHead().status();
    client.readBody();
    return status;
  }

  private static void sendChat(RawClient client, int filled) throws IOException {
    client.send(chatStart());
    for (int sent = 0; sent < filled; sent += FILLING.length) {
      client.send(FILLING);
    }
    client.send(chatEnd("old"));
  }

  private static void sendChunks(RawClient client, int filled) throws IOException {
    sendChunk(client, chatStart());
    for (int sent = 0; sent < filled; sent += FILLING.length) {
      sendChunk(client, FILLING);
    }
    sendChunk(client, chatEnd("old"));
    client.send("0\r\n\r\n");
  }

  private static void sendChunk(RawClient client, byte[] chunk) throws IOException {
    client.send(Integer.toHexString(chunk.length) + "\r\n").send(chunk).send("\r\n");
  }

  private static byte[] gzippedChat(int filled) throws IOException {
    ByteArrayOutputStream small = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(small)) {
      gzip.write(chatStart());
      for (int written = 0; written < filled; written += FILLING.length) {
        gzip.write(FILLING);
      }
      gzip.write(chatEnd("old"));
    }
    return small.toByteArray();
  }

  private static String editedDigest(int filled) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(chatStart());
      for (int sent = 0; sent < filled; sent += FILLING.length) {
        digest.update(FILLING);
      }
      return HexFormat.of().formatHex(digest.digest(chatEnd("m-large")));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] chatStart() {
    return "{ \"n\": 1.0e-2, \"messages\":[{\"role\":\"user\",\"content\":\"".getBytes(UTF_8);
  }

  private static byte[] chatEnd(String model) {
    return ("\"}],\"model\" : \"" + model + "\"}\n").getBytes(UTF_8);
  }

  private static long chatLength(int filled) {
    return (long) chatStart().length + filled + chatEnd("old").length;
  }

  private static String head(String... lines) {
    return "POST / HTTP/1.1\r\nHost: "
        + HOST
        + "\r\nContent-Type: application/json\r\n"
        + String.join("\r\n", Arrays.asList(lines))
        + "\r\n\r\n";
  }

  /** Spool files with a name, and open ones without. */
  private static List<String> spooled() {
    List<String> found = new ArrayList<>();
    try (Stream<Path> named = Files.list(SPOOL);
        Stream<Path> open = Files.list(Path.of("/proc/" + CARAVAN.process().pid() + "/fd"))) {
      named.forEach(file -> found.add(file.toString()));
      open.map(LargeBodiesIT::target)
          .filter(file -> file.startsWith(SPOOL.toString()))
          .forEach(found::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static Path spoolDirectory() {
    try {
      return Files.createTempDirectory("caravan-spool");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

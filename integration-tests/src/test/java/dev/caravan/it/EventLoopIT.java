package dev.caravan.it;

import static dev.caravan.it.ProviderManifest.provider;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.emulator.Emulator;
import dev.caravan.emulator.Match;
import dev.caravan.emulator.Script;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever the traffic, no event loop waits: told by the JVM's own flight recorder. */
class EventLoopIT {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
  private static final String ASK = "{" + MESSAGES + "}";
  private static final String ASK_STREAM = "{\"stream\":true," + MESSAGES + "}";
  private static final String LOOP = "vert.x-eventloop-thread-";
  private static final List<String> BLOCKING =
      List.of(
          "jdk.ThreadPark",
          "jdk.ThreadSleep",
          "jdk.JavaMonitorEnter",
          "jdk.JavaMonitorWait",
          "jdk.SocketRead",
          "jdk.SocketWrite",
          "jdk.FileRead",
          "jdk.FileWrite",
          "jdk.FileForce");
  private static final Emulator PROVIDER = Emulator.start();
  private static final Path DIRECTORY = directory();

  @RegisterExtension
  static final CaravanProcess CARAVAN =
      CaravanProcess.before(PROVIDER)
          .serving(
              provider("loop.test").model("m-loop").keyFrom("loop", "key"),
              provider("slow.test").with("timeouts: {firstToken: 300ms}"),
              provider("narrow.test").with("connectionPool: {maxConnections: 2}"),
              provider("warm.test").with("timeouts: {connect: 60s}"))
          .servingFrom("127.0.0.1:1", provider("refused.test"))
          .manifest("secret.yaml", secret("sk-CANARY-0"))
          .jvm("-XX:StartFlightRecording=name=loops,settings=" + settings())
          .warmedUpBy("warm.test")
          .build();

  @AfterAll
  static void clean() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(DIRECTORY);
  }

  @Test
  void noEventLoopBlocksWhateverTheTraffic() throws Exception {
    assertThat(jcmd("Thread.print")).as("they have the name").contains("\"" + LOOP);
    Instant begun = Instant.now();
    trafficOfEveryKind();
    Path recording = DIRECTORY.resolve("traffic.jfr");
    jcmd("JFR.dump", "name=loops", "filename=" + recording);

    List<RecordedEvent> events = RecordingFile.readAllEvents(recording);
    assertThat(events).as("the recorder saw other threads wait").anyMatch(EventLoopIT::isBlocking);
    assertThat(
            events.stream()
                .filter(event -> event.getStartTime().isAfter(begun))
                .filter(EventLoopIT::isBlocking)
                .filter(EventLoopIT::isOfALoop))
        .isEmpty();
    assertThat(CARAVAN.lines()).noneMatch(line -> line.contains("has been blocked for"));
  }

  private static void trafficOfEveryKind() throws Exception {
    PROVIDER.when(Match.host("slow.test")).answer(Script.empty().stall());
    byte[] large = ("{" + MESSAGES + ",\"x\":\"" + "y".repeat(3 << 20) + "\"}").getBytes(UTF_8);
    List<Callable<Integer>> kinds =
        List.of(
            () -> CARAVAN.post("loop.test", ASK).statusCode(),
            () -> statusOf("loop.test", ASK_STREAM.getBytes(UTF_8)),
            () -> statusOf("loop.test", large),
            () -> CARAVAN.get("loop.test", "/v1/models").statusCode(),
            () -> CARAVAN.post("narrow.test", ASK).statusCode(),
            () -> CARAVAN.post("refused.test", ASK).statusCode(),
            () -> CARAVAN.post("slow.test", ASK_STREAM).statusCode(),
            () -> CARAVAN.post("nowhere.invalid", ASK).statusCode());
    List<Integer> expected = List.of(200, 200, 200, 200, 200, 502, 504, 404);
    try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 20; round++) {
        CARAVAN.write("secret.yaml", secret("sk-CANARY-" + round));
        CARAVAN.write(
            provider("slow.test").with("timeouts: {firstToken: " + (300 + round) + "ms}"));
        List<Future<Integer>> answers = clients.invokeAll(kinds);
        for (int i = 0; i < answers.size(); i++) {
          assertThat(answers.get(i).get()).as("kind %d", i).isEqualTo(expected.get(i));
        }
      }
    }
  }

  private static int statusOf(String host, byte[] body) throws IOException {
    try (RawClient client = CARAVAN.connect()) {
      client.post(host, new String(body, UTF_8));
      int status = client.readHead().status();
      client.readBody();
      return status;
    }
  }

  private static boolean isBlocking(RecordedEvent event) {
    return BLOCKING.contains(event.getEventType().getName());
  }

  private static boolean isOfALoop(RecordedEvent event) {
    RecordedThread thread = event.getThread();
    return thread != null && thread.getJavaName() != null && thread.getJavaName().startsWith(LOOP);
  }

  private static String jcmd(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                    Long.toString(CARAVAN.process().pid())),
                Stream.of(arguments))
            .toList();
    Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
    assertThat(jcmd.waitFor()).as(output).isZero();
    return output;
  }

  private static Path settings() {
    StringBuilder settings = new StringBuilder("<configuration version=\"2.0\">");
    for (String event : BLOCKING) {
      settings
          .append("<event name=\"")
          .append(event)
          .append("\"><setting name=\"enabled\">true</setting>")
          .append("<setting name=\"threshold\">20 ms</setting>")
          .append("<setting name=\"stackTrace\">true</setting></event>");
    }
    try {
      return Files.writeString(
          DIRECTORY.resolve("loops.jfc"), settings.append("</configuration>").toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory() {
    try {
      return Files.createTempDirectory("caravan-jfr");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String secret(String key) {
    return """
        apiVersion: v1
        kind: Secret
        metadata:
          name: loop
        stringData:
          key: %s
        """
        .formatted(key);
  }
}

package dev.caravan.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Event streams, {@link #COUNT} at any moment: each connection asks for one after the other, and
 * they begin spread over the length of a stream.
 */
final class Streams {
  static final int COUNT = 100;
  private static final String ID = "data: {\"id\":\"chatcmpl-";

  /**
   * @param firstToken from the request to its first token
   * @param delay from the event source to the client, of each token
   * @param events that arrived while the clock ran
   */
  record Result(Samples firstToken, Samples delay, long events) {}

  private Streams() {}

  /** Whole streams only, so it may take the length of one more than the seconds asked for. */
  static Result run(int port, int seconds) {
    Samples firstToken = new Samples();
    Samples delay = new Samples();
    AtomicLong events = new AtomicLong();
    long begin = System.nanoTime();
    long end = begin + TimeUnit.SECONDS.toNanos(seconds);
    long spread = EventSource.TOKENS * EventSource.TOKEN_NANOS;
    byte[] request = Connection.chatRequest(Bodies.SSE_HOST, Bodies.STREAM);
    Crew.run(
        COUNT,
        n -> {
          LockSupport.parkNanos(begin + spread * n / COUNT - System.nanoTime());
          try (Connection connection = new Connection(port)) {
            do {
              long sent = System.nanoTime();
              connection.send(request);
              events.addAndGet(read(connection.answer(), sent, firstToken, delay));
            } while (System.nanoTime() < end);
          }
        });
    return new Result(firstToken, delay, events.get());
  }

  private static long read(Connection.Body body, long sent, Samples firstToken, Samples delay)
      throws IOException {
    int tokens = 0;
    int events = 0;
    boolean done = false;
    for (String line = body.nextLine(); line != null; line = body.nextLine()) {
      long now = System.nanoTime();
      if (!line.startsWith("data: ")) {
        continue;
      }
      events++;
      done = line.equals("data: [DONE]");
      if (line.contains("\"content\"")) {
        if (tokens++ == 0) {
          firstToken.add(now - sent);
        }
        delay.add(
            now - Long.parseLong(line.substring(ID.length(), line.indexOf('"', ID.length()))));
      }
    }
    if (tokens != EventSource.TOKENS || !done) {
      throw new IOException("a stream ended after " + tokens + " tokens");
    }
    return events;
  }

  /** The model that a provider sees behind a port. */
  static String modelSeen(int port) {
    try (Connection connection = new Connection(port)) {
      connection.send(Connection.chatRequest(Bodies.SSE_HOST, Bodies.STREAM));
      String line = connection.answer().nextLine();
      return line.replaceFirst(".*\"model\":\"([^\"]*)\".*", "$1");
    } catch (IOException e) {
      throw new Failed("the first stream failed: " + e.getMessage(), e);
    }
  }
}

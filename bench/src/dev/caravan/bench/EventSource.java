package dev.caravan.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * Streams chat completions over plain HTTP, a token each {@link #TOKEN_NANOS}; each event tells in
 * its id when it was sent ({@link System#nanoTime()}) and in its model what was asked for.
 */
final class EventSource {
  static final int PORT = 9500;
  static final int TOKENS = 100;
  static final long TOKEN_NANOS = 20_000_000;

  private static final String HEAD =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  private static final String EVENT =
      "data: {\"id\":\"chatcmpl-%d\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,"
          + "\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},"
          + "\"finish_reason\":null}]}\n\n";
  private static final String FINISH =
      "data: {\"id\":\"chatcmpl-0\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,"
          + "\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  private static final String USAGE =
      "data: {\"id\":\"chatcmpl-0\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,"
          + "\"model\":\"%s\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":100,"
          + "\"total_tokens\":109}}\n\n";
  private static final String DONE = "data: [DONE]\n\n";

  private EventSource() {}

  static void start() {
    try {
      ServerSocket server = new ServerSocket(PORT, 4096, InetAddress.getLoopbackAddress());
      thread("event-source", () -> accept(server));
    } catch (IOException e) {
      throw new Failed("the event source cannot listen: " + e.getMessage(), e);
    }
  }

  private static void accept(ServerSocket server) {
    while (true) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        thread("stream", () -> serve(socket));
      } catch (IOException e) {
        throw new Failed("the event source has failed", e);
      }
    }
  }

  private static void thread(String name, Runnable work) {
    Thread.ofPlatform().daemon().name(name).start(work);
  }

  /** Until the peer closes; a stream that was cut is for the client's driver to tell. */
  private static void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (String body = request(in); body != null; body = request(in)) {
        stream(socket.getOutputStream(), body);
      }
    } catch (IOException e) {
      return;
    }
  }

  /** The body of the next request; null where there is none. */
  private static String request(InputStream in) throws IOException {
    int length = 0;
    String line = line(in);
    if (line == null) {
      return null;
    }
    for (; line != null && !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).trim());
      }
    }
    return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  private static void stream(OutputStream out, String body) throws IOException {
    String model = body.replaceFirst("(?s).*\"model\":\\s*\"([^\"]*)\".*", "$1");
    out.write(HEAD.getBytes(StandardCharsets.ISO_8859_1));
    long begun = System.nanoTime();
    for (int i = 0; i < TOKENS; i++) {
      long due = begun + i * TOKEN_NANOS;
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      out.write(chunk(EVENT.formatted(System.nanoTime(), model)));
    }
    String usage = body.contains("\"include_usage\":true") ? USAGE.formatted(model) : "";
    out.write(chunk(FINISH.formatted(model) + usage + DONE));
    out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
  }

  private static byte[] chunk(String event) {
    return (Integer.toHexString(event.length()) + "\r\n" + event + "\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}

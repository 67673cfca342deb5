package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.caravan.emulator.ReceivedRequest.Arrival;
import dev.caravan.emulator.ReceivedRequest.Ending;
import dev.caravan.emulator.Step.Manner;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.Principal;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** One client connection, served by one virtual thread, one request after the other. */
final class Connection implements Runnable {
  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1);

  private final Emulator emulator;
  private final Socket raw;
  private final int number;
  private Socket wire;
  private volatile boolean idle = true;

  Connection(Emulator emulator, Socket raw, int number) {
    this.emulator = emulator;
    this.raw = raw;
    this.number = number;
  }

  @Override
  public void run() {
    try (raw) {
      raw.setTcpNoDelay(true);
      wire = emulator.secure(raw);
      serve(new HttpInput(wire.getInputStream()));
    } catch (IOException e) {
      emulator.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      emulator.closed(this);
    }
  }

  /** Closes the connection if no request is under way. */
  void closeIfIdle() {
    if (idle) {
      abandon();
    }
  }

  /** Whether no request is under way. */
  boolean idle() {
    return idle;
  }

  /** Closes the socket under whatever is going on. */
  void abandon() {
    try {
      raw.close();
    } catch (IOException e) {
      emulator.failed(e);
    }
  }

  private void serve(HttpInput input) throws IOException, InterruptedException {
    boolean more = true;
    for (int served = 0; more; served++) {
      byte[] head = input.readHead();
      if (head == null) {
        return;
      }
      idle = false;
      ReceivedRequest request = new ReceivedRequest(arrival(served > 0), head);
      emulator.received(request);
      try {
        more = handle(request, input);
      } finally {
        request.ended(Ending.CANCELLED);
      }
    }
  }

  private Arrival arrival(boolean reused) {
    String address = raw.getLocalAddress().getHostAddress();
    if (!(wire instanceof SSLSocket secure)) {
      return new Arrival(number, reused, "", "plain", "", address);
    }
    SSLSession session = secure.getSession();
    return new Arrival(
        number,
        reused,
        ServerTls.requestedName(session),
        session.getProtocol(),
        client(session),
        address);
  }

  private static String client(SSLSession session) {
    try {
      Principal principal = session.getPeerPrincipal();
      return principal.getName();
    } catch (SSLPeerUnverifiedException e) {
      return "";
    }
  }

  private boolean handle(ReceivedRequest request, HttpInput input)
      throws IOException, InterruptedException {
    Rule.Choice choice = emulator.choose(request);
    Script fixed = choice.fixed();
    if (fixed != null && fixed.answersBeforeBody()) {
      answerEarly(request, fixed, input);
      return false;
    }
    if (fixed != null && fixed.bodyGate() != null) {
      emulator.gate(fixed.bodyGate()).pass();
    }
    if (request.headerValues("expect").stream().anyMatch("100-continue"::equalsIgnoreCase)) {
      wire.getOutputStream().write(CONTINUE);
      wire.getOutputStream().flush();
    }
    request.readBody(body(request, input), emulator.keptBytes());
    return answer(request, emulator.script(choice, request), input);
  }

  private static InputStream body(ReceivedRequest request, HttpInput input) throws IOException {
    if (request.headerValues("transfer-encoding").stream()
        .anyMatch(value -> value.equalsIgnoreCase("chunked"))) {
      return input.chunked(request.trailerSink());
    }
    try {
      return input.fixed(Long.parseLong(request.header("content-length").orElse("0")));
    } catch (NumberFormatException e) {
      throw new IOException("not a content length", e);
    }
  }

  /** The polite early answer: what the client still sends is read, so that no RST overtakes it. */
  private void answerEarly(ReceivedRequest request, Script script, HttpInput input)
      throws IOException, InterruptedException {
    Answer answer = new Answer(wire.getOutputStream(), request);
    answer.header(new Header("connection", "close"));
    if (perform(request, answer, script).brokenOff()) {
      return;
    }
    request.ended(Ending.COMPLETED);
    wire.shutdownOutput();
    input.drain();
  }

  private boolean answer(ReceivedRequest request, Script script, HttpInput input)
      throws IOException, InterruptedException {
    Thread answering = Thread.currentThread();
    Thread watch = Thread.startVirtualThread(() -> watch(request, input, answering));
    Performance performance = perform(request, new Answer(wire.getOutputStream(), request), script);
    if (performance.brokenOff()) {
      return false;
    }
    request.ended(Ending.COMPLETED);
    if (!performance.reusable()) {
      leave(Manner.CLOSE);
      return false;
    }
    idle = true;
    watch.join();
    return true;
  }

  private Performance perform(ReceivedRequest request, Answer answer, Script script)
      throws IOException, InterruptedException {
    return new Performance(emulator, request, answer, this::leave).play(script);
  }

  /**
   * Sees the client leave while the answer is under way. Otherwise what it waits for is the first
   * byte of the next request, which then is in the input's buffer.
   */
  private void watch(ReceivedRequest request, HttpInput input, Thread answering) {
    boolean there;
    try {
      there = input.fill();
    } catch (IOException e) {
      there = false;
    }
    if (!there && request.mayBeCancelled()) {
      request.ended(Ending.CANCELLED);
      answering.interrupt();
    }
  }

  private void leave(Manner manner) throws IOException {
    switch (manner) {
      case CLOSE -> wire.shutdownOutput();
      case RESET -> raw.setSoLinger(true, 0);
      case CLOSE_WITHOUT_NOTIFY -> {}
    }
    raw.close();
  }
}

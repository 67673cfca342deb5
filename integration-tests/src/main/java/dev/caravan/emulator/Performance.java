package dev.caravan.emulator;

import dev.caravan.emulator.ReceivedRequest.Ending;
import dev.caravan.emulator.Step.Manner;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** One script played to one request. */
final class Performance {
  /** How a connection is left in the middle of an answer. */
  interface Exit {
    void leave(Manner manner) throws IOException;
  }

  private final Emulator emulator;
  private final ReceivedRequest request;
  private final Answer answer;
  private final Exit exit;
  private boolean brokenOff;
  private boolean reusable;

  Performance(Emulator emulator, ReceivedRequest request, Answer answer, Exit exit) {
    this.emulator = emulator;
    this.request = request;
    this.answer = answer;
    this.exit = exit;
  }

  /** Whether the script left the connection. */
  boolean brokenOff() {
    return brokenOff;
  }

  /** Whether the connection can take another request. */
  boolean reusable() {
    return reusable;
  }

  Performance play(Script script) throws IOException, InterruptedException {
    List<Step> steps = script.steps();
    for (int i = 0; i < steps.size() && !brokenOff; i++) {
      Step step = steps.get(i);
      if (i == steps.size() - 1 && step.sendsBody()) {
        request.lastBytesUnderWay();
      }
      perform(step);
    }
    if (!brokenOff) {
      request.lastBytesUnderWay();
      reusable = answer.finish();
    }
    return this;
  }

  private void perform(Step step) throws IOException, InterruptedException {
    switch (step) {
      case Step.Status(int code, String reason) -> answer.status(code, reason);
      case Step.Field(Header header) -> answer.header(header);
      case Step.Trailer(Header trailer) -> answer.trailer(trailer);
      case Step.Informational(int code, List<Header> hints) -> answer.informational(code, hints);
      case Step.Frame(Step.Framing framing, long length) -> answer.frame(framing, length);
      case Step.SendHead() -> answer.sendHead();
      case Step.LineEnd(String end) -> answer.lineEnd(end);
      case Step.Gzip() -> answer.gzip();
      case Step.Pieces(int size) -> answer.pieces(size);
      case Step.Whole(byte[] content) -> answer.whole(content);
      case Step.Body(byte[] content) -> answer.body(content);
      case Step.Event(String data) -> answer.event(data);
      case Step.Events events -> stream(events);
      case Step.Comment(String text) -> answer.comment(text);
      case Step.Raw(byte[] bytes) -> answer.raw(bytes);
      case Step.MalformedChunk() -> answer.malformedChunk();
      case Step.PassGate(String name) -> emulator.gate(name).pass();
      case Step.Delay(Duration time) -> Thread.sleep(time);
      case Step.Stall() -> new CountDownLatch(1).await();
      case Step.BreakOff(Manner manner) -> breakOff(manner);
    }
  }

  private void stream(Step.Events events) throws IOException {
    for (int i = 0; i < events.count(); i++) {
      answer.event(events.data().apply(i));
    }
  }

  private void breakOff(Manner manner) throws IOException {
    brokenOff = true;
    request.ended(Ending.BROKEN_OFF);
    exit.leave(manner);
  }
}

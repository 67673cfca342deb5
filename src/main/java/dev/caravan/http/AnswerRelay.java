package dev.caravan.http;

import dev.caravan.chat.AnswerObserver;
import dev.caravan.telemetry.RequestRecord;
import dev.caravan.telemetry.RequestRecord.Outcome;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/**
 * One answer on its way to the client: every byte as it comes, no faster than the client takes it,
 * and never a clean end for an answer that was not whole. Every method runs on the call's event
 * loop.
 */
final class AnswerRelay {
  /** How long an error answer may be for the key to be masked in it. */
  private static final int MASK_LIMIT_BYTES = 64 * 1024;

  private final Call call;
  private final Exchange exchange;
  private final AsyncCallback callback;
  private final HttpServerResponse response;
  private final RequestRecord record;
  private final UpstreamAnswer answer;
  private final UpstreamAttempt attempt;
  private final AnswerObserver observer;
  private final ContentDecoder decoder;
  private final boolean keyedError;
  private final boolean masked;
  private Buffer held;

  /** A body that came in one piece: it goes with its head and its end, in one write. */
  private Buffer whole;

  private boolean ended;

  AnswerRelay(Call call, Exchange exchange, AsyncCallback callback) {
    this.call = call;
    this.exchange = exchange;
    this.callback = callback;
    this.response = call.response();
    this.record = call.telemetry();
    this.answer = call.answer();
    this.attempt = answer == null ? null : answer.attempt();
    UpstreamRequest outgoing = attempt == null ? null : attempt.outgoing();
    boolean chat = outgoing != null && outgoing.isChat() && answer.hasBody();
    boolean error = answer != null && answer.status() >= 400;
    this.observer = chat && !error ? new AnswerObserver(outgoing.usageAsked()) : null;
    this.keyedError = error && outgoing.key() != null;
    this.masked = keyedError && answer.hasBody();
    String encoding = answer == null ? null : answer.headers().get("content-encoding");
    this.decoder = encoding != null && (chat || masked) ? ContentDecoder.of(encoding) : null;
    this.held = masked ? Buffer.buffer() : null;
  }

  void start() {
    if (answer == null) {
      exchange.setException(Failure.INTERNAL.because("this route calls no provider"));
      callback.done(true);
      return;
    }
    call.onLeave(this::clientLeft);
    if (ended) {
      return;
    }
    call.forgetSentBody();
    writeHead();
    attempt.onBroken(this::broken);
    if (ended) {
      return;
    }
    if (observer != null || answer.contentLength() < 0) {
      call.loop().runOnContext(v -> headMayGo());
    }
    attempt.clocks().touch();
    answer.read(this::received, v -> providerEnded());
  }

  private void writeHead() {
    record.status(answer.status());
    response.setStatusCode(answer.status());
    MultiMap headers = response.headers();
    HeaderRules.copyEndToEnd(answer.headers(), headers, droppedHeaders());
    if (keyedError) {
      maskHeaders(headers);
    }
    if (!answer.hasBody()) {
      String length = answer.headers().get("content-length");
      if (length != null && answer.status() != 204) {
        headers.set("content-length", length);
      }
    } else if (keepsLength()) {
      headers.set("content-length", Long.toString(answer.contentLength()));
    } else {
      response.setChunked(true);
    }
    if (call.bodyUnread()) {
      headers.set("connection", "close");
    }
  }

  private Set<String> droppedHeaders() {
    return decoder == null ? Set.of() : Set.of("content-encoding");
  }

  private boolean keepsLength() {
    return answer.contentLength() >= 0
        && decoder == null
        && !masked
        && (observer == null || !attempt.outgoing().usageAsked());
  }

  private void maskHeaders(MultiMap headers) {
    UpstreamKey key = attempt.outgoing().key();
    for (String name : new HashSet<>(headers.names())) {
      List<String> values = headers.getAll(name);
      List<String> clean = values.stream().map(value -> masked(key, value)).toList();
      if (!clean.equals(values)) {
        headers.set(name, clean);
      }
    }
  }

  private static String masked(UpstreamKey key, String value) {
    return new String(
        key.mask(value.getBytes(StandardCharsets.ISO_8859_1)), StandardCharsets.ISO_8859_1);
  }

  /**
   * A stream's head goes out even if its first event takes long, with the first event if that came
   * along.
   */
  private void headMayGo() {
    if (!ended && !response.headWritten() && held == null && !call.http10()) {
      response.writeHead();
    }
  }

  private void received(Buffer data) {
    if (ended) {
      return;
    }
    attempt.clocks().touch();
    if (decoder == null) {
      pass(data);
    } else {
      decode(data);
    }
    if (!ended && !response.ended() && response.writeQueueFull()) {
      answer.pause();
      attempt.clocks().suspendIdle();
      response.drainHandler(
          v -> {
            response.drainHandler(null);
            if (!ended) {
              attempt.clocks().touch();
              answer.resume();
            }
          });
    }
  }

  private void decode(Buffer data) {
    byte[] bytes = data.getBytes();
    try {
      decoder.feed(bytes, 0, bytes.length, (b, from, to) -> pass(Buffers.copy(b, from, to)));
    } catch (ZipException e) {
      broken(
          Failure.UPSTREAM_PROTOCOL.because(
              "the provider's answer is not what its Content-Encoding says"));
    }
  }

  private void pass(Buffer data) {
    if (held != null) {
      hold(data);
    } else if (observer == null) {
      write(data);
    } else {
      observe(data);
    }
  }

  private void hold(Buffer data) {
    held.appendBuffer(data);
    if (held.length() > MASK_LIMIT_BYTES) {
      Buffer first = Buffer.buffer(attempt.outgoing().key().mask(held.getBytes()));
      held = null;
      write(first);
    }
  }

  private void observe(Buffer data) {
    if (attempt.outgoing().usageAsked()) {
      Buffer out = Buffer.buffer(data.length());
      Buffers.read(
          data,
          (bytes, from, to) ->
              observer.feed(bytes, from, to, (b, f, t) -> out.appendBytes(b, f, t - f)));
      if (out.length() > 0) {
        write(out);
      }
    } else {
      Buffers.read(data, (bytes, from, to) -> observer.feed(bytes, from, to, (b, f, t) -> {}));
      write(data);
    }
    if (observer.substance()) {
      record.firstToken();
      attempt.clocks().endPhase();
    }
  }

  private void write(Buffer data) {
    record.sent(data.length());
    if (isWhole(data)) {
      whole = data;
    } else {
      response.write(data);
    }
  }

  /** The end of such a body comes with its last byte, so nothing waits for it. */
  private boolean isWhole(Buffer data) {
    return !response.headWritten() && keepsLength() && data.length() == answer.contentLength();
  }

  private void providerEnded() {
    if (ended) {
      return;
    }
    Buffer last = Buffer.buffer();
    if (held != null) {
      last = Buffer.buffer(attempt.outgoing().key().mask(held.getBytes()));
    } else if (observer != null) {
      Buffer rest = last;
      observer.end((b, f, t) -> rest.appendBytes(b, f, t - f));
      if (judge(rest)) {
        return;
      }
    }
    record.sent(last.length());
    finish();
    end(whole == null ? last : whole);
  }

  private void end(Buffer last) {
    if (!response.headWritten() && answer.hasBody()) {
      response.headers().remove("transfer-encoding");
    }
    call.end(last);
    callback.done(false);
  }

  /**
   * Tells the log how the answer ended; true when it was broken off, since its end is a cut or
   * cannot be told from one.
   */
  private boolean judge(Buffer rest) {
    if (observer.failed()) {
      record.providerError(observer.errorCode());
      if (!observer.complete() && observer.kind() == AnswerObserver.Kind.SSE) {
        record.outcome(Outcome.STREAM_INCOMPLETE);
      }
      return false;
    }
    if (observer.complete()) {
      return false;
    }
    record.outcome(Outcome.STREAM_INCOMPLETE);
    boolean cut = decoder != null && !decoder.complete();
    if (!cut && !answer.endsByClose()) {
      return false;
    }
    if (rest.length() > 0) {
      write(rest);
    }
    breakOff(Failure.UPSTREAM_CLOSED.because("the provider ended the answer before it was whole"));
    return true;
  }

  /** The provider failed us, or a clock ran out, while its answer was under way. */
  private void broken(FailureException failure) {
    if (!ended) {
      breakOff(failure);
    }
  }

  private void breakOff(FailureException failure) {
    finish();
    if (!response.headWritten()) {
      response.headers().clear();
      exchange.setException(failure);
      callback.done(false);
      return;
    }
    record.failed(failure.failure().code());
    record.outcome(Outcome.STREAM_INCOMPLETE);
    if (observer != null && observer.kind() == AnswerObserver.Kind.SSE && !observer.failed()) {
      Buffer event = Buffer.buffer(observer.atEventBoundary() ? "" : "\n\n");
      event.appendString("data: ").appendBytes(ErrorBody.of(failure)).appendString("\n\n");
      record.sent(event.length());
      response.write(event);
    }
    call.breakOff();
    callback.done(false);
  }

  private void clientLeft(FailureException failure) {
    if (!ended) {
      finish();
      callback.done(false);
    }
  }

  private void finish() {
    ended = true;
    if (observer != null && observer.usage() != null) {
      record.answered(
          observer.model(), observer.usage().promptTokens(), observer.usage().completionTokens());
    } else if (observer != null) {
      record.answered(observer.model(), -1, -1);
    }
    if (decoder != null) {
      decoder.close();
    }
    attempt.release();
  }
}

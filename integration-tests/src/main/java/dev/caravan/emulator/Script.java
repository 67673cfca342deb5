package dev.caravan.emulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.emulator.Step.Framing;
import dev.caravan.emulator.Step.Manner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * What the emulator does with one request, step by step. Immutable: every method returns a longer
 * script, so that a common beginning can be shared.
 *
 * <pre>{@code
 * Script.sse().token("one").gate("two").token("two").finish("stop").usage(3, 2).done()
 * Script.status(429).header("retry-after", "2").error("slow down", "rate_limit_exceeded")
 * Script.sse().token("half").reset()
 * }</pre>
 *
 * <p>Status line and headers are sent with the first byte of the body; an answer that needs none is
 * ended with {@code Content-Length: 0}. Without a framing of its own, a body given whole ({@link
 * #json}) has a {@code Content-Length}, everything else is chunked.
 */
public final class Script {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Step> steps;
  private final boolean beforeBody;
  private final String bodyGate;

  private Script(List<Step> steps, boolean beforeBody, String bodyGate) {
    this.steps = List.copyOf(steps);
    this.beforeBody = beforeBody;
    this.bodyGate = bodyGate;
  }

  /** A script without a step: 200 with an empty body. */
  public static Script empty() {
    return new Script(List.of(), false, null);
  }

  /** Begins with a status, 200 to 599, and its usual reason phrase. */
  public static Script status(int code) {
    return empty().with(new Step.Status(code, Answer.reason(code)));
  }

  /** A whole 200 JSON answer; a string is sent as it is, anything else through Jackson. */
  public static Script ok(Object json) {
    return empty().json(json);
  }

  /** Begins a 200 event stream, head sent at once. */
  public static Script sse() {
    return empty().eventStream();
  }

  /** Bytes as they are, head and framing included; the connection stays open unless closed. */
  public static Script bytes(String text) {
    return empty().raw(text);
  }

  /** Adds a header line; the same name may come more than once. */
  public Script header(String name, String value) {
    return with(new Step.Field(new Header(name, value)));
  }

  /** Adds a trailer line to a chunked answer. */
  public Script trailer(String name, String value) {
    return with(new Step.Trailer(new Header(name, value)));
  }

  /** Sends a 1xx answer at once, before the final one. */
  public Script informational(int code, Map<String, String> headers) {
    return with(
        new Step.Informational(
            code,
            headers.entrySet().stream()
                .map(each -> new Header(each.getKey(), each.getValue()))
                .toList()));
  }

  /** Sends status line and headers now, before any of the body. */
  public Script sendHead() {
    return with(new Step.SendHead());
  }

  /** A whole JSON body; a string is sent as it is, anything else through Jackson. */
  public Script json(Object value) {
    return header("content-type", "application/json").whole(text(value).getBytes(UTF_8));
  }

  /** A whole body of any type, with its length declared. */
  public Script whole(byte[] content) {
    return with(new Step.Whole(content));
  }

  /** An error in OpenAI's form. */
  public Script error(String message, String code) {
    return json(OpenAi.error(message, "invalid_request_error", code));
  }

  /** Part of the body, sent at once; one chunk if the answer is chunked. */
  public Script body(byte[] content) {
    return with(new Step.Body(content));
  }

  /** Part of the body in UTF-8, sent at once; one chunk if the answer is chunked. */
  public Script body(String content) {
    return body(content.getBytes(UTF_8));
  }

  /** Declares a length, right or wrong, that the following bytes may keep or not. */
  public Script contentLength(long length) {
    return with(new Step.Frame(Framing.CONTENT_LENGTH, length));
  }

  /** Declares neither length nor chunks: the body ends with the connection. */
  public Script closeDelimited() {
    return with(new Step.Frame(Framing.CLOSE_DELIMITED, -1));
  }

  /** Declares chunked framing, the default for a body sent in parts. */
  public Script chunked() {
    return with(new Step.Frame(Framing.CHUNKED, -1));
  }

  /** Turns the answer into an event stream and sends its head at once. */
  public Script eventStream() {
    return header("content-type", "text/event-stream").sendHead();
  }

  /** One SSE event; a string is sent as it is (a data line a line), anything else as JSON. */
  public Script event(Object data) {
    return with(new Step.Event(text(data)));
  }

  /** Many events, each made when its turn comes, so that a long stream needs no memory. */
  public Script events(int count, IntFunction<String> data) {
    return with(new Step.Events(count, data));
  }

  /** A content chunk of a chat completion stream. */
  public Script token(String content) {
    return event(OpenAi.chunk(OpenAi.MODEL, Map.of("content", content), null));
  }

  /** The chunk that ends a choice. */
  public Script finish(String reason) {
    return event(OpenAi.chunk(OpenAi.MODEL, Map.of(), reason));
  }

  /** The chunk without choices that carries the usage. */
  public Script usage(int prompt, int completion) {
    return event(OpenAi.usageChunk(OpenAi.MODEL, prompt, completion));
  }

  /** OpenAI's last event. */
  public Script done() {
    return event("[DONE]");
  }

  /** An SSE comment. */
  public Script comment(String text) {
    return with(new Step.Comment(text));
  }

  /** How lines of the following events end: LF (default), CRLF or CR. */
  public Script lineEnd(String end) {
    return with(new Step.LineEnd(end));
  }

  /** Compresses the body, flushed after every part of it, and says so in the head. */
  public Script gzip() {
    return header("content-encoding", "gzip").with(new Step.Gzip());
  }

  /** One byte a segment (and a TLS record) from here on. */
  public Script oneBytePerSegment() {
    return bytesPerSegment(1);
  }

  /** At most {@code size} bytes a segment (and a TLS record) from here on. */
  public Script bytesPerSegment(int size) {
    return with(new Step.Pieces(size));
  }

  /** Bytes past all framing. */
  public Script raw(byte[] bytes) {
    return with(new Step.Raw(bytes));
  }

  /** Bytes past all framing, in UTF-8. */
  public Script raw(String text) {
    return raw(text.getBytes(UTF_8));
  }

  /** A chunk whose size is no number. */
  public Script malformedChunk() {
    return with(new Step.MalformedChunk());
  }

  /** Waits at a gate until the test lets it through; see {@link Emulator#gate(String)}. */
  public Script gate(String name) {
    return with(new Step.PassGate(name));
  }

  /** Waits; for demo and benchmark. Tests use {@link #gate}. */
  public Script delay(Duration time) {
    return with(new Step.Delay(time));
  }

  /** Says nothing more and keeps the connection, until the client leaves. */
  public Script stall() {
    return with(new Step.Stall());
  }

  /** Ends the connection with RST. */
  public Script reset() {
    return with(new Step.BreakOff(Manner.RESET));
  }

  /** Ends the connection in order (close_notify, FIN), whatever the framing still promised. */
  public Script close() {
    return with(new Step.BreakOff(Manner.CLOSE));
  }

  /** Ends the connection with FIN but without TLS' close_notify. */
  public Script closeWithoutNotify() {
    return with(new Step.BreakOff(Manner.CLOSE_WITHOUT_NOTIFY));
  }

  /** Breaks the body off short of its declared end: another name for {@link #close}. */
  public Script truncate() {
    return close();
  }

  /** Answers after the head, without reading the request's body; then drains and closes. */
  public Script beforeBody() {
    return new Script(steps, true, bodyGate);
  }

  /** Reads the request's body only once the gate lets it. */
  public Script holdBody(String gate) {
    return new Script(steps, beforeBody, gate);
  }

  List<Step> steps() {
    return steps;
  }

  boolean answersBeforeBody() {
    return beforeBody;
  }

  String bodyGate() {
    return bodyGate;
  }

  Script with(Step step) {
    List<Step> longer = new ArrayList<>(steps);
    longer.add(step);
    return new Script(longer, beforeBody, bodyGate);
  }

  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not to be written as JSON: " + value, e);
    }
  }
}

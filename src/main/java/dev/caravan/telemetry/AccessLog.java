package dev.caravan.telemetry;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * One JSON line a request, in the names of ASM's access log where it has them ({@code
 * request_model}, {@code request_prompt_tokens}, {@code request_completion_tokens}); it holds
 * neither query, body nor credential.
 *
 * <p>The event loops only queue what is to be told. A thread of the log's own formats and writes it
 * in batches, since a record, a wake-up and a write for each line would cost a sixth of a request.
 */
@Singleton
public class AccessLog {
  /**
   * The log category; its handler is configured in application.properties. A message of it has the
   * lines of a whole batch.
   */
  public static final String CATEGORY = "caravan.access";

  private static final Logger LOG = Logger.getLogger(CATEGORY);
  private static final JsonStringEncoder JSON = JsonStringEncoder.getInstance();

  /** Requests that wait for a log which nobody reads; above it lines are dropped. */
  private static final int QUEUE_LIMIT = 8192;

  private static final int BATCH_CHARS = 64 * 1024;
  private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long STOP_MILLIS = 1_000;

  private final Queue<RequestRecord> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger length = new AtomicInteger();
  private final AtomicInteger dropped = new AtomicInteger();
  private final StringBuilder batch = new StringBuilder(BATCH_CHARS);
  private final Thread writer =
      Thread.ofPlatform().daemon().name("caravan-access-log").unstarted(this::run);
  private volatile boolean idle;
  private volatile boolean closed;

  AccessLog() {
    writer.start();
  }

  /** Never blocks. */
  void write(RequestRecord request) {
    if (length.incrementAndGet() > QUEUE_LIMIT) {
      length.decrementAndGet();
      dropped.incrementAndGet();
      return;
    }
    waiting.add(request);
    if (idle) {
      LockSupport.unpark(writer);
    }
  }

  @PreDestroy
  void close() throws InterruptedException {
    closed = true;
    LockSupport.unpark(writer);
    writer.join(STOP_MILLIS);
  }

  private void run() {
    while (!closed) {
      idle = true;
      if (waiting.isEmpty()) {
        LockSupport.park(this);
      }
      idle = false;
      if (!closed && !waiting.isEmpty()) {
        LockSupport.parkNanos(this, BATCH_NANOS);
      }
      try {
        writeWaiting();
      } catch (RuntimeException e) {
        // The log must outlive a line that cannot be written.
        batch.setLength(0);
        LOG.warn("lines of the access log were lost", e);
      }
    }
  }

  private void writeWaiting() {
    for (RequestRecord r = waiting.poll(); r != null; r = waiting.poll()) {
      length.decrementAndGet();
      batch.append(batch.isEmpty() ? "" : System.lineSeparator());
      append(r);
      if (batch.length() > BATCH_CHARS) {
        flush();
      }
    }
    if (!batch.isEmpty()) {
      flush();
    }
    int lost = dropped.getAndSet(0);
    if (lost > 0) {
      LOG.infof("{\"dropped_lines\":%d}", lost);
    }
  }

  private void flush() {
    LOG.info(batch.toString());
    batch.setLength(0);
  }

  private void append(RequestRecord r) {
    batch
        .append("{\"start_time\":\"")
        .append(Instant.ofEpochMilli(r.startedAtEpochMillis))
        .append('"');
    text("method", r.method);
    text("host", r.host);
    text("path", r.path);
    text("rule", r.rule);
    text("provider", r.provider);
    name("status").append(r.status);
    text("outcome", r.outcome.label);
    text("failure", r.failure);
    text("provider_error", r.providerError);
    text("request_model", r.requestModel);
    text("response_model", r.answerModel);
    name("stream").append(r.stream);
    count("request_prompt_tokens", r.promptTokens);
    count("request_completion_tokens", r.completionTokens);
    millis("duration_ms", r.durationMillis());
    millis("time_to_first_token_ms", r.firstTokenMillis());
    name("bytes_received").append(r.bytesReceived);
    name("bytes_sent").append(r.bytesSent).append('}');
  }

  private StringBuilder name(String name) {
    return batch.append(",\"").append(name).append("\":");
  }

  private void text(String name, String value) {
    name(name);
    if (value == null) {
      batch.append("null");
    } else {
      batch.append('"');
      JSON.quoteAsString(value, batch);
      batch.append('"');
    }
  }

  private void count(String name, long value) {
    name(name);
    if (value < 0) {
      batch.append("null");
    } else {
      batch.append(value);
    }
  }

  private void millis(String name, double value) {
    name(name);
    if (value < 0) {
      batch.append("null");
    } else {
      long tenths = Math.round(value * 10);
      batch.append(tenths / 10).append('.').append(tenths % 10);
    }
  }
}

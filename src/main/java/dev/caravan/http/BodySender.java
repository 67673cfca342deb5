package dev.caravan.http;

import dev.caravan.chat.BodyEdit;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes a request body to a provider, edited on the way, no faster than the provider takes it. */
final class BodySender {
  private static final int PART_BYTES = 64 * 1024;

  private BodySender() {}

  /** What the attempt has to say, and to hear, while its body goes up. */
  interface Progress {
    /** Whether the attempt still goes on. */
    boolean wanted();

    /** The body itself cannot be read. */
    void failed(FailureException failure);

    /** The last byte has been handed to the connection. */
    void sent();
  }

  static void send(Call call, UpstreamRequest outgoing, HttpClientRequest up, Progress progress) {
    switch (call.body()) {
      case RequestBody.None none -> {
        if (UpstreamAttempt.announcesEmptyBody(up.getMethod())) {
          up.putHeader("content-length", "0");
        }
        up.end();
        progress.sent();
      }
      case RequestBody.InMemory memory -> {
        BodyEdit edit = outgoing.edit();
        byte[] bytes = edit == null ? memory.bytes() : edit.apply(memory.bytes());
        up.end(Buffers.wrap(bytes));
        progress.sent();
      }
      case RequestBody.Spooled spooled ->
          new SpooledSender(spooled.file(), outgoing.edit(), up, progress).start();
      case RequestBody.Streaming streaming -> stream(call.request(), streaming, up, progress);
    }
  }

  private static void stream(
      HttpServerRequest from, RequestBody.Streaming body, HttpClientRequest up, Progress progress) {
    if (body.length() >= 0) {
      up.putHeader("content-length", Long.toString(body.length()));
    } else {
      up.setChunked(true);
    }
    if (body.first().length() > 0) {
      up.write(body.first());
    }
    from.handler(
        chunk -> {
          if (!progress.wanted()) {
            return;
          }
          up.write(chunk);
          if (up.writeQueueFull()) {
            from.pause();
            up.drainHandler(v -> from.resume());
          }
        });
    from.endHandler(
        v -> {
          if (progress.wanted()) {
            up.end();
            progress.sent();
          }
        });
    from.resume();
  }

  /** Sends a file in parts: stretches of it, and the replacements of the edit between them. */
  private static final class SpooledSender {
    private final SpoolFile file;
    private final HttpClientRequest up;
    private final Progress progress;
    private final Deque<BodyEdit.Patch> patches;
    private final long lengthAfter;
    private long position;

    SpooledSender(SpoolFile file, BodyEdit edit, HttpClientRequest up, Progress progress) {
      this.file = file;
      this.up = up;
      this.progress = progress;
      this.patches = edit == null ? new ArrayDeque<>() : new ArrayDeque<>(edit.patches());
      this.lengthAfter = edit == null ? file.length() : edit.lengthAfter(file.length());
    }

    void start() {
      up.putHeader("content-length", Long.toString(lengthAfter));
      next();
    }

    private void next() {
      if (!progress.wanted()) {
        return;
      }
      BodyEdit.Patch patch = patches.peek();
      if (patch != null && patch.from() == position) {
        patches.remove();
        position = patch.to();
        write(Buffer.buffer(patch.replacement()));
        return;
      }
      long end = patch == null ? file.length() : patch.from();
      if (position == end) {
        up.end();
        progress.sent();
        return;
      }
      int bytes = (int) Math.min(PART_BYTES, end - position);
      file.read(position, bytes)
          .onComplete(
              read -> {
                if (read.failed() || read.result().length() != bytes) {
                  progress.failed(
                      Failure.INTERNAL.because("the stored request body cannot be read"));
                } else {
                  position += bytes;
                  write(read.result());
                }
              });
    }

    private void write(Buffer part) {
      if (!progress.wanted()) {
        return;
      }
      if (part.length() > 0) {
        up.write(part);
      }
      if (up.writeQueueFull()) {
        up.drainHandler(
            v -> {
              up.drainHandler(null);
              next();
            });
      } else {
        next();
      }
    }
  }
}

package dev.caravan.http;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;

/**
 * A large request body on disk: readable by this process alone, and without a name from the moment
 * it is open, so that nothing is left behind by a crash. Reads and writes run off the event loop.
 */
final class SpoolFile {
  private static final int PENDING_LIMIT_BYTES = 256 * 1024;

  private final AsyncFile file;
  private long length;
  private int pending;
  private Throwable failure;
  private Handler<Void> drained;

  private SpoolFile(AsyncFile file) {
    this.file = file;
  }

  /** Opens a new file in a directory. */
  static Future<SpoolFile> create(Vertx vertx, String directory) {
    return vertx
        .fileSystem()
        .createTempFile(directory, "caravan-", ".body", "rw-------")
        .compose(
            name ->
                vertx
                    .fileSystem()
                    .open(name, new OpenOptions().setRead(true).setWrite(true))
                    .compose(
                        file ->
                            vertx.fileSystem().delete(name).map(deleted -> new SpoolFile(file))));
  }

  long length() {
    return length;
  }

  void write(Buffer data) {
    long position = length;
    length += data.length();
    pending += data.length();
    file.write(data, position)
        .onComplete(
            written -> {
              pending -= data.length();
              if (written.failed()) {
                failure = written.cause();
              }
              if (drained != null && pending == 0) {
                Handler<Void> handler = drained;
                drained = null;
                handler.handle(null);
              }
            });
  }

  /** Whether the disk is behind: the writer should pause until {@link #onDrained}. */
  boolean full() {
    return pending > PENDING_LIMIT_BYTES;
  }

  /** Calls the handler once, when everything written so far is in the file. */
  void onDrained(Handler<Void> handler) {
    if (pending == 0) {
      handler.handle(null);
    } else {
      drained = handler;
    }
  }

  /** What went wrong with a write, or null. */
  Throwable failure() {
    return failure;
  }

  Future<Buffer> read(long position, int bytes) {
    return file.read(Buffer.buffer(bytes), 0, position, bytes);
  }

  void close() {
    file.close();
  }
}

package dev.caravan.http;

import dev.caravan.chat.ChatBody;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/**
 * Where one request body waits while it comes in: in memory up to 1 MiB and as far as the budget of
 * all bodies allows, from then on in a file. Every method runs on the call's event loop.
 */
final class BodyStore {
  /** The largest body that is held in memory, in bytes. */
  static final int MEMORY_LIMIT_BYTES = 1 << 20;

  private final Vertx vertx;
  private final BufferBudget budget;
  private final String spoolDirectory;
  private byte[] memory = new byte[0];
  private int inMemory;
  private int reserved;
  private SpoolFile file;
  private boolean opening;
  private Buffer untilOpen;
  private boolean unusable;
  private boolean discarded;
  private Handler<Void> drained;

  BodyStore(Vertx vertx, BufferBudget budget, String spoolDirectory) {
    this.vertx = vertx;
    this.budget = budget;
    this.spoolDirectory = spoolDirectory;
  }

  void add(byte[] bytes) {
    if (unusable) {
      return;
    }
    if (file != null) {
      file.write(Buffers.wrap(bytes));
    } else if (opening) {
      untilOpen.appendBytes(bytes);
    } else if (inMemory + bytes.length <= MEMORY_LIMIT_BYTES && budget.tryReserve(bytes.length)) {
      reserved += bytes.length;
      remember(bytes);
    } else {
      untilOpen = Buffer.buffer().appendBytes(memory, 0, inMemory).appendBytes(bytes);
      openFile();
    }
  }

  /** Whether the disk is behind: nothing should be added until {@link #onDrained}. */
  boolean full() {
    return opening || file != null && file.full();
  }

  /** Calls the handler once, when everything added so far is where it belongs. */
  void onDrained(Handler<Void> handler) {
    if (opening) {
      drained = handler;
    } else if (file != null) {
      file.onDrained(handler);
    } else {
      handler.handle(null);
    }
  }

  /** Whether the body could not be stored. */
  boolean failed() {
    return unusable || file != null && file.failure() != null;
  }

  /** The body, which from now on belongs to the caller; everything added must have drained. */
  RequestBody take(ChatBody json) {
    if (file != null) {
      SpoolFile taken = file;
      file = null;
      return new RequestBody.Spooled(taken, json);
    }
    int bytes = reserved;
    reserved = 0;
    byte[] whole = inMemory == memory.length ? memory : Arrays.copyOf(memory, inMemory);
    return new RequestBody.InMemory(whole, json, () -> budget.release(bytes));
  }

  /** Frees what has not been taken. */
  void discard() {
    discarded = true;
    releaseMemory();
    if (file != null) {
      file.close();
      file = null;
    }
  }

  private void remember(byte[] bytes) {
    if (inMemory == 0) {
      memory = bytes;
    } else {
      if (inMemory + bytes.length > memory.length) {
        int doubled = Math.min(MEMORY_LIMIT_BYTES, memory.length * 2);
        memory = Arrays.copyOf(memory, Math.max(inMemory + bytes.length, doubled));
      }
      System.arraycopy(bytes, 0, memory, inMemory, bytes.length);
    }
    inMemory += bytes.length;
  }

  private void releaseMemory() {
    budget.release(reserved);
    reserved = 0;
    memory = new byte[0];
    inMemory = 0;
  }

  private void openFile() {
    opening = true;
    memory = new byte[0];
    inMemory = 0;
    SpoolFile.create(vertx, spoolDirectory)
        .onComplete(
            opened -> {
              opening = false;
              releaseMemory();
              if (opened.failed()) {
                unusable = true;
              } else if (discarded) {
                opened.result().close();
              } else {
                file = opened.result();
                file.write(untilOpen);
              }
              untilOpen = null;
              if (drained != null) {
                Handler<Void> handler = drained;
                drained = null;
                onDrained(handler);
              }
            });
  }
}

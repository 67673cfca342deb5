package dev.caravan.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;

/**
 * Between Vert.x' buffers and arrays without a copy where there need not be one. Vert.x 4
 * deprecates the bridge to Netty for its successor in Vert.x 5 and offers no other until then: this
 * is the one place to change.
 */
@SuppressWarnings("deprecation")
final class Buffers {
  private Buffers() {}

  /** A buffer over the array itself: it must not change any more. */
  static Buffer wrap(byte[] bytes) {
    return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
  }

  static Buffer copy(byte[] bytes, int from, int to) {
    return Buffer.buffer(Unpooled.copiedBuffer(bytes, from, to - from));
  }

  /** Hands over the buffer's bytes as they lie in memory, for reading only. */
  static void read(Buffer buffer, Slice slice) {
    ByteBuf buf = buffer.getByteBuf();
    if (buf.hasArray()) {
      int from = buf.arrayOffset() + buf.readerIndex();
      slice.accept(buf.array(), from, from + buf.readableBytes());
    } else {
      byte[] bytes = buffer.getBytes();
      slice.accept(bytes, 0, bytes.length);
    }
  }

  @FunctionalInterface
  interface Slice {
    void accept(byte[] bytes, int from, int to);
  }
}

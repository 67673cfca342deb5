package dev.caravan.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * What Caravan knows of a connection to a provider beyond what Vert.x does: its age, and whether it
 * has served before.
 */
final class UpstreamConnection {
  private static final AttributeKey<UpstreamConnection> KEY =
      AttributeKey.valueOf("caravan.upstream");

  /**
   * After this age a connection is used for one more request, so that a name that moved is followed
   * under load too.
   */
  private static final long MAX_AGE_NANOS = 300_000_000_000L;

  private final long openedAt = System.nanoTime();
  private int requests;

  private UpstreamConnection() {}

  static void opened(HttpConnection connection) {
    // What concerns a call reaches its attempt; Vert.x would log it as an error of its own.
    connection.exceptionHandler(t -> {});
    Channel channel = ((ConnectionBase) connection).channel();
    channel.attr(KEY).set(new UpstreamConnection());
    // A write into a connection that the provider has closed must not throw away the answer it sent
    // before.
    channel.config().setAutoClose(false);
    channel.pipeline().addBefore("handler", "informational", new InformationalFilter());
  }

  static UpstreamConnection of(HttpConnection connection) {
    return ((ConnectionBase) connection).channel().attr(KEY).get();
  }

  /** Counts a request; true when the connection has served another one before. */
  boolean used() {
    return requests++ > 0;
  }

  boolean old() {
    return System.nanoTime() - openedAt > MAX_AGE_NANOS;
  }

  /**
   * Drops 1xx answers that Vert.x would take for the final one (RFC 9110, 15.2); it knows 100 and
   * 103 itself.
   */
  private static final class InformationalFilter extends ChannelInboundHandlerAdapter {
    private boolean dropping;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpResponse response) {
        int status = response.status().code();
        dropping = status > 101 && status < 200 && status != 103;
      }
      if (!dropping) {
        context.fireChannelRead(message);
        return;
      }
      if (message instanceof LastHttpContent) {
        dropping = false;
      }
      ReferenceCountUtil.release(message);
    }
  }
}

package dev.caravan.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import java.util.List;

/**
 * Vert.x' request decoder, less forgiving: a request whose length can be read in two ways is
 * refused instead of repaired (RFC 9112, 6.3; request smuggling). It stands in the place of Vert.x'
 * own in each connection's pipeline.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {

  StrictRequestDecoder(HttpServerOptions options) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(options.getMaxInitialLineLength())
            .setMaxHeaderSize(options.getMaxHeaderSize())
            .setMaxChunkSize(options.getMaxChunkSize())
            .setInitialBufferSize(options.getDecoderInitialBufferSize()));
  }

  /**
   * As Vert.x' decoder does it: its server wants exactly these two types. Another version would
   * come back in the answer's status line.
   */
  @Override
  protected HttpMessage createMessage(String[] initialLine) {
    HttpVersion version = HttpVersion.valueOf(initialLine[2]);
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      throw new IllegalArgumentException("neither HTTP/1.1 nor HTTP/1.0");
    }
    return new DefaultHttpRequest(
        version, HttpMethod.valueOf(initialLine[0]), initialLine[1], HeadersMultiMap.httpHeaders());
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    return message != null
        && message.getClass() != DefaultHttpRequest.class
        && super.isContentAlwaysEmpty(message);
  }

  /**
   * An HTTP/1.0 client that asks to keep the connection could not tell the end of a stream: it is
   * closed instead.
   */
  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf buffer, List<Object> out)
      throws Exception {
    int before = out.size();
    super.decode(context, buffer, out);
    if (out.size() > before
        && out.get(before) instanceof DefaultHttpRequest request
        && request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
      request.headers().remove(HttpHeaderNames.CONNECTION);
    }
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    message.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    message.setDecoderResult(
        DecoderResult.failure(
            new IllegalArgumentException("both Content-Length and Transfer-Encoding are given")));
  }
}

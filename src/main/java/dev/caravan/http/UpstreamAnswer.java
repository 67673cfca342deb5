package dev.caravan.http;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;

/**
 * A provider's answer from its head on. The body waits, paused, until the relay takes it; a part of
 * it may have been read before, to judge the answer.
 */
final class UpstreamAnswer {
  private final HttpClientResponse response;
  private final UpstreamAttempt attempt;
  private Buffer readAhead;
  private boolean ended;

  UpstreamAnswer(HttpClientResponse response, UpstreamAttempt attempt) {
    this.response = response;
    this.attempt = attempt;
  }

  int status() {
    return response.statusCode();
  }

  MultiMap headers() {
    return response.headers();
  }

  UpstreamAttempt attempt() {
    return attempt;
  }

  /** Bytes of the body as the provider announced them; -1 = not announced. */
  long contentLength() {
    String length = headers().get("content-length");
    try {
      return length == null ? -1 : Long.parseLong(length.trim());
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * Whether only the end of the connection tells the end of the body, so that a broken one looks
   * like a whole one.
   */
  boolean endsByClose() {
    return hasBody() && contentLength() < 0 && !headers().contains("transfer-encoding");
  }

  boolean hasBody() {
    return response.request().getMethod() != HttpMethod.HEAD && status() != 204 && status() != 304;
  }

  /**
   * Reads up to so many bytes before the relay; the handler is called when the body has ended or is
   * longer.
   */
  void readAhead(int limitBytes, Handler<Buffer> handler) {
    Buffer collected = Buffer.buffer();
    readAhead = collected;
    response.handler(
        chunk -> {
          boolean within = collected.length() <= limitBytes;
          collected.appendBuffer(chunk);
          if (within && collected.length() > limitBytes) {
            response.pause();
            handler.handle(collected);
          }
        });
    response.endHandler(
        v -> {
          ended = true;
          if (collected.length() <= limitBytes) {
            handler.handle(collected);
          }
        });
    response.resume();
  }

  /** Hands over the body, what was read ahead first. */
  void read(Handler<Buffer> onData, Handler<Void> onEnd) {
    if (readAhead != null && readAhead.length() > 0) {
      onData.handle(readAhead);
    }
    if (ended) {
      onEnd.handle(null);
      return;
    }
    response.handler(onData);
    response.endHandler(
        v -> {
          ended = true;
          onEnd.handle(null);
        });
    response.resume();
  }

  /** Whether the whole body has come. */
  boolean ended() {
    return ended;
  }

  void pause() {
    if (!ended) {
      response.pause();
    }
  }

  void resume() {
    if (!ended) {
      response.resume();
    }
  }
}

package dev.caravan.http;

import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.HttpClosedException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Translates what goes wrong on the way to a provider into a {@link Failure} with a sentence for
 * people.
 */
final class ConnectFailure {
  private ConnectFailure() {}

  static FailureException of(Throwable t, String authority) {
    if (isTls(t)) {
      return Failure.TLS_FAILED.because(
          "TLS with %s failed: %s".formatted(authority, tlsReason(t)));
    }
    if (t instanceof TimeoutException || t instanceof io.netty.channel.ConnectTimeoutException) {
      return Failure.CONNECT_TIMEOUT.because("no connection to %s in time".formatted(authority));
    }
    String reason =
        t instanceof ConnectException ? "it refused the connection" : "the connection failed";
    return Failure.CONNECT_FAILED.because("cannot connect to %s: %s".formatted(authority, reason));
  }

  /** The client for these TLS settings cannot be made: a certificate is missing or unreadable. */
  static FailureException ofSettings(RuntimeException e, String authority) {
    return Failure.TLS_FAILED.because(
        "the TLS settings for %s cannot be used: %s".formatted(authority, tlsReason(e)));
  }

  static FailureException whileAnswering(Throwable t, String authority) {
    if (t instanceof FailureException f) {
      return f;
    }
    if (isTls(t)) {
      return Failure.TLS_FAILED.because(
          "TLS with %s failed: %s".formatted(authority, tlsReason(t)));
    }
    if (isClosed(t) || t instanceof java.io.IOException) {
      return Failure.UPSTREAM_CLOSED.because(
          "%s closed the connection before its answer was whole".formatted(authority));
    }
    return Failure.UPSTREAM_PROTOCOL.because(
        "%s sent something that is not HTTP".formatted(authority));
  }

  static boolean isClosed(Throwable t) {
    return t instanceof HttpClosedException
        || t instanceof ClosedChannelException
        || t instanceof java.io.IOException && !(t instanceof SSLException);
  }

  static boolean isTls(Throwable t) {
    for (Throwable c = t; c != null; c = c.getCause()) {
      if (c instanceof SSLException) {
        return true;
      }
    }
    return false;
  }

  private static String tlsReason(Throwable t) {
    Throwable deepest = t;
    while (deepest.getCause() != null && (deepest.getCause() instanceof Exception)) {
      deepest = deepest.getCause();
    }
    if (deepest instanceof DecoderException || deepest.getMessage() == null) {
      return "the handshake failed";
    }
    String message = deepest.getMessage();
    return message.length() > 200 ? message.substring(0, 200) : message;
  }
}

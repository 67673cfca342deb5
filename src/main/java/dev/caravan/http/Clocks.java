package dev.caravan.http;

import io.vertx.core.Handler;
import io.vertx.core.impl.ContextInternal;
import java.util.concurrent.TimeUnit;

/**
 * The four clocks of a request: connect, first token, idle and request. One timer serves them all:
 * it is set to the nearest deadline and, when it fires too early since the request has moved on,
 * set anew; so a quick request costs one timer.
 */
final class Clocks {
  private static final long NONE = Long.MAX_VALUE;

  private final ContextInternal loop;
  private final UpstreamSettings settings;
  private final Handler<FailureException> onExpired;
  private final long begun = System.nanoTime();
  private long phaseDeadline = NONE;
  private Failure phaseFailure;
  private long idleSince = NONE;
  private long timer = -1;
  private long timerDeadline = NONE;

  Clocks(ContextInternal loop, UpstreamSettings settings, Handler<FailureException> onExpired) {
    this.loop = loop;
    this.settings = settings;
    this.onExpired = onExpired;
  }

  void connecting() {
    phase(settings.connectTimeout(), Failure.CONNECT_TIMEOUT);
  }

  /**
   * The request has gone up: only a stream owes a first token soon, a JSON answer takes the time it
   * takes.
   */
  void awaitingAnswer(boolean stream) {
    if (stream) {
      phase(settings.firstTokenTimeout(), Failure.FIRST_TOKEN_TIMEOUT);
    } else {
      endPhase();
    }
  }

  void endPhase() {
    phaseDeadline = NONE;
  }

  /** A part of the answer came, so the idle clock starts anew. */
  void touch() {
    idleSince = System.nanoTime();
    if (idleDeadline() < timerDeadline) {
      arm();
    }
  }

  /** The client is the slow one: the provider's silence is ours. */
  void suspendIdle() {
    idleSince = NONE;
  }

  void stop() {
    if (timer >= 0) {
      loop.owner().cancelTimer(timer);
      timer = -1;
    }
  }

  private void phase(long millis, Failure failure) {
    phaseDeadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    phaseFailure = failure;
    arm();
  }

  private long requestDeadline() {
    return begun + TimeUnit.MILLISECONDS.toNanos(settings.requestTimeout());
  }

  private long idleDeadline() {
    return idleSince == NONE
        ? NONE
        : idleSince + TimeUnit.MILLISECONDS.toNanos(settings.idleTimeout());
  }

  private void arm() {
    long next = Math.min(requestDeadline(), Math.min(phaseDeadline, idleDeadline()));
    if (timer >= 0 && timerDeadline <= next) {
      return;
    }
    stop();
    timerDeadline = next;
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(next - System.nanoTime()) + 1);
    timer = loop.setTimer(millis, fired -> fired());
  }

  private void fired() {
    timer = -1;
    timerDeadline = NONE;
    long now = System.nanoTime();
    FailureException expired = expired(now);
    if (expired == null) {
      arm();
    } else {
      onExpired.handle(expired);
    }
  }

  private FailureException expired(long now) {
    if (now >= requestDeadline()) {
      return expired(Failure.REQUEST_TIMEOUT, "request", settings.requestTimeout());
    }
    if (now >= phaseDeadline) {
      return phaseFailure == Failure.CONNECT_TIMEOUT
          ? expired(phaseFailure, "connect", settings.connectTimeout())
          : expired(phaseFailure, "first token", settings.firstTokenTimeout());
    }
    return now >= idleDeadline()
        ? expired(Failure.IDLE_TIMEOUT, "idle", settings.idleTimeout())
        : null;
  }

  private static FailureException expired(Failure failure, String clock, long millis) {
    return failure.because(
        "the provider's %s timeout of %d ms has passed".formatted(clock, millis));
  }
}

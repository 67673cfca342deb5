package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Which clock ends a request; that it does not end one too early is shown by the clock behind it
 * being the one that ends.
 */
class ClocksTest {
  private static final long SOON = 30;
  private static final long NEVER = 3_600_000;

  private final Vertx vertx = Vertx.vertx();
  private final AtomicReference<FailureException> expired = new AtomicReference<>();

  @AfterEach
  void close() {
    vertx.close();
  }

  @Test
  void aConnectionThatIsNotMadeEndsByTheConnectClock() {
    run(new UpstreamSettings(SOON, NEVER, NEVER, NEVER, 0), Clocks::connecting);

    assertThat(awaitExpired()).isEqualTo(Failure.CONNECT_TIMEOUT);
  }

  @Test
  void aStreamWithoutATokenEndsByTheFirstTokenClock() {
    run(
        new UpstreamSettings(NEVER, SOON, NEVER, NEVER, 0),
        clocks -> {
          clocks.connecting();
          clocks.awaitingAnswer(true);
        });

    assertThat(awaitExpired()).isEqualTo(Failure.FIRST_TOKEN_TIMEOUT);
  }

  @Test
  void aJsonAnswerOwesNoFirstToken() {
    run(
        new UpstreamSettings(1, 1, NEVER, 4 * SOON, 0),
        clocks -> {
          clocks.connecting();
          clocks.awaitingAnswer(false);
        });

    assertThat(awaitExpired()).isEqualTo(Failure.REQUEST_TIMEOUT);
  }

  @Test
  void anAnswerThatStopsEndsByTheIdleClockHoweverFarTheOthersAre() {
    run(
        new UpstreamSettings(NEVER, NEVER, SOON, NEVER, 0),
        clocks -> {
          clocks.connecting();
          clocks.awaitingAnswer(false);
          clocks.touch();
        });

    assertThat(awaitExpired()).isEqualTo(Failure.IDLE_TIMEOUT);
  }

  @Test
  void theIdleClockStandsStillWhileTheClientIsTheSlowOne() {
    run(
        new UpstreamSettings(NEVER, NEVER, 1, 4 * SOON, 0),
        clocks -> {
          clocks.awaitingAnswer(true);
          clocks.endPhase();
          clocks.touch();
          clocks.suspendIdle();
        });

    assertThat(awaitExpired()).isEqualTo(Failure.REQUEST_TIMEOUT);
  }

  private void run(UpstreamSettings settings, Consumer<Clocks> request) {
    ContextInternal loop = (ContextInternal) vertx.getOrCreateContext();
    loop.runOnContext(v -> request.accept(new Clocks(loop, settings, expired::set)));
  }

  private Failure awaitExpired() {
    await().until(() -> expired.get() != null);
    return expired.get().failure();
  }
}

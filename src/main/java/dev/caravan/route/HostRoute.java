package dev.caravan.route;

import dev.caravan.plan.HostPlan;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;

/**
 * One generation of a host's route: it counts what is in flight in it, so that it can be removed
 * when it is replaced and the last of its requests has ended.
 */
final class HostRoute {
  private final HostPlan plan;
  private final String routeId;
  private final AsyncProcessor processor;
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile Runnable onDrained;

  HostRoute(HostPlan plan, String routeId, AsyncProcessor processor) {
    this.plan = plan;
    this.routeId = routeId;
    this.processor = processor;
  }

  HostPlan plan() {
    return plan;
  }

  String routeId() {
    return routeId;
  }

  /**
   * Runs an exchange through the route.
   *
   * @return false when this generation has been replaced meanwhile: nothing was done, ask the table
   *     again
   */
  boolean tryProcess(Exchange exchange, AsyncCallback callback) {
    inFlight.incrementAndGet();
    if (onDrained != null) {
      leave();
      return false;
    }
    processor.process(
        exchange,
        doneSync -> {
          leave();
          callback.done(doneSync);
        });
    return true;
  }

  /**
   * No exchange enters any more; when the last one has left, {@code drained} runs, perhaps more
   * than once.
   */
  void retire(Runnable drained) {
    onDrained = drained;
    if (inFlight.get() == 0) {
      drained.run();
    }
  }

  private void leave() {
    if (inFlight.decrementAndGet() == 0) {
      Runnable drained = onDrained;
      if (drained != null) {
        drained.run();
      }
    }
  }
}

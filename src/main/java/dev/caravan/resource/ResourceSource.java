package dev.caravan.resource;

import dev.caravan.api.ResourceSnapshot;
import java.util.function.Consumer;

/** Where resources come from. */
public interface ResourceSource extends AutoCloseable {
  /**
   * Begins to watch. The listener is called from one thread of the source: first with what there
   * is, then with each change; what it throws is logged and does not end the watch.
   */
  void start(Consumer<ResourceSnapshot> listener);

  /** Ends the watch; the listener is not called any more once it returns. */
  @Override
  void close();
}

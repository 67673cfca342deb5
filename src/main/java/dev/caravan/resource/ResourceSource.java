package dev.caravan.resource;

import dev.caravan.api.References;
import dev.caravan.api.ResourceSnapshot;
import java.util.Optional;

/** Where resources come from. */
public interface ResourceSource extends AutoCloseable {
  /** Who takes the resources; called from one thread of the source. */
  interface Listener {
    /**
     * The objects that these resources refer to and that a source of single objects has to read
     * before it hands the resources on. Must not have an effect.
     */
    default References references(ResourceSnapshot snapshot) {
      return References.NONE;
    }

    /** Called first with what there is, then with each change. */
    void accept(ResourceSnapshot snapshot);
  }

  /** Begins to watch. What the listener throws is logged and does not end the watch. */
  void start(Listener listener);

  /**
   * Why this source has nothing to give yet or not any more, as a sentence for readiness; empty
   * while it works, and while it serves what it had before its origin went away.
   */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** Ends the watch; the listener is not called any more once it returns. */
  @Override
  void close();
}

package dev.caravan.resource.kubernetes;

import dev.caravan.api.Lookup;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One object that resources refer to, as Caravan reads it.
 *
 * @param <T> the client's type
 * @param <R> Caravan's
 */
final class Referent<T extends HasMetadata, R> implements AutoCloseable {
  private final Watch<T> watch;
  private final Function<T, R> reader;
  private T readFrom;
  private Lookup<R> read;

  Referent(Watch<T> watch, Function<T, R> reader) {
    this.watch = watch;
    this.reader = reader;
  }

  /** Whether the server has said nothing about it yet. */
  boolean pending() {
    return !watch.answered();
  }

  /** Empty: it does not exist. */
  Optional<Lookup<R>> lookup() {
    List<T> items = watch.items();
    if (items.isEmpty()) {
      return absence(watch).map(Lookup.Refused::new);
    }
    T item = items.getFirst();
    if (item != readFrom) {
      read = new Lookup.Found<>(reader.apply(item));
      readFrom = item;
    }
    return Optional.of(read);
  }

  /** Why nothing is known of an object; empty if that is because it does not exist. */
  static Optional<String> absence(Watch<?> watch) {
    return switch (watch.state()) {
      case FORBIDDEN -> Optional.of("may not be read: " + watch.trouble());
      case NO_SUCH_KIND ->
          Optional.of("cannot be looked up: its kind is not installed in the cluster");
      case WAITING -> Optional.of("has not been read yet: the API server has not answered");
      case AWAY ->
          watch.synced()
              ? Optional.empty()
              : Optional.of("has not been read yet: " + watch.trouble());
      case WATCHING -> Optional.empty();
    };
  }

  @Override
  public void close() {
    watch.close();
  }
}

package dev.caravan.resource;

import dev.caravan.api.ResourceSnapshot;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * Resources from files and directories of YAML and JSON, watched: edits, atomic renames, swapped
 * symbolic links (a mounted ConfigMap), new and deleted files. A file that cannot be read keeps
 * what it last held in force.
 */
public final class DirectoryResourceSource implements ResourceSource {
  /**
   * How patient the watch is.
   *
   * @param quiet how long nothing must change before the files are read
   * @param bound after which time they are read although something goes on changing
   * @param settle how long a change that takes something away must last to be believed
   * @param poll after which time the files are read although no change was told of
   */
  record Timing(Duration quiet, Duration bound, Duration settle, Duration poll) {
    static final Timing DEFAULT =
        new Timing(
            Duration.ofMillis(20),
            Duration.ofMillis(200),
            Duration.ofMillis(300),
            Duration.ofSeconds(2));
  }

  private final List<Path> paths;
  private final String defaultNamespace;
  private final Clock clock;
  private final Timing timing;
  private boolean closed;
  private ManifestWatch watch;

  /**
   * @param paths files and directories; of a resource that comes twice the later one counts
   * @param defaultNamespace of resources that name none
   */
  public DirectoryResourceSource(List<Path> paths, String defaultNamespace) {
    this(paths, defaultNamespace, Clock.systemUTC(), Timing.DEFAULT);
  }

  DirectoryResourceSource(List<Path> paths, String defaultNamespace, Clock clock, Timing timing) {
    this.paths = List.copyOf(paths);
    this.defaultNamespace = defaultNamespace;
    this.clock = clock;
    this.timing = timing;
  }

  /** Reads what is there now, once, without watching. */
  public ResourceSnapshot load() {
    ManifestStore store = store();
    store.refresh();
    return store.snapshot();
  }

  private ManifestStore store() {
    return new ManifestStore(paths, defaultNamespace, clock, timing.settle());
  }

  @Override
  public synchronized void start(Listener listener) {
    if (watch != null || closed) {
      throw new IllegalStateException("a source is started once");
    }
    watch = new ManifestWatch(paths, store(), timing, listener);
    watch.start();
  }

  @Override
  public void close() {
    ManifestWatch running;
    synchronized (this) {
      closed = true;
      running = watch;
    }
    if (running != null) {
      running.close();
    }
  }
}

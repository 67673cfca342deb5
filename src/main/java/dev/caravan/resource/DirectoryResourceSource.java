package dev.caravan.resource;

import dev.caravan.api.ResourceSnapshot;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Resources from files and directories of YAML and JSON, watched: edits, atomic renames, swapped
 * symbolic links (a mounted ConfigMap), new and deleted files. A file that cannot be read keeps
 * what it last held in force.
 */
public final class DirectoryResourceSource implements ResourceSource {
  private static final Logger LOG = Logger.getLogger(DirectoryResourceSource.class);

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
  private volatile boolean closed;
  private FileWatch watch;
  private Thread thread;

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
  public synchronized void start(Consumer<ResourceSnapshot> listener) {
    if (thread != null || closed) {
      throw new IllegalStateException("a source is started once");
    }
    watch = FileWatch.open();
    thread = Thread.ofPlatform().daemon().name("caravan-files").unstarted(() -> run(listener));
    thread.start();
  }

  private void run(Consumer<ResourceSnapshot> listener) {
    ManifestStore store = store();
    ResourceSnapshot told = null;
    try {
      while (!closed) {
        told = refresh(store, told, listener);
        Duration wait = store.settling() ? timing.settle() : timing.poll();
        watch.awaitChange(wait, timing.quiet(), timing.bound());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing that goes wrong in one round may end the watch. */
  private ResourceSnapshot refresh(
      ManifestStore store, ResourceSnapshot told, Consumer<ResourceSnapshot> listener) {
    ResourceSnapshot now = told;
    try {
      watch.watch(ManifestFiles.under(paths).directories());
      store.refresh();
      now = store.snapshot();
      if (!now.equals(told) && !closed) {
        listener.accept(now);
      }
    } catch (RuntimeException | Error e) {
      if (!closed) {
        LOG.error("The manifests could not be taken over; what was served stays", e);
      }
    }
    return now;
  }

  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
    }
    if (running == null) {
      return;
    }
    watch.close();
    if (running != Thread.currentThread()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

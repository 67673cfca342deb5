package dev.caravan.resource;

import dev.caravan.api.ResourceSnapshot;
import dev.caravan.resource.DirectoryResourceSource.Timing;
import dev.caravan.resource.ResourceSource.Listener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * The thread that reads manifests again whenever something changed, and tells of what is different
 * then.
 */
final class ManifestWatch {
  private static final Logger LOG = Logger.getLogger(ManifestWatch.class);

  private final List<Path> paths;
  private final ManifestStore store;
  private final Timing timing;
  private final Listener listener;
  private final FileWatch files = FileWatch.open();
  private final Thread thread;
  private volatile boolean closed;
  private ResourceSnapshot told;

  ManifestWatch(List<Path> paths, ManifestStore store, Timing timing, Listener listener) {
    this.paths = paths;
    this.store = store;
    this.timing = timing;
    this.listener = listener;
    this.thread = Thread.ofPlatform().daemon().name("caravan-files").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!closed) {
        refresh();
        Duration wait = store.settling() ? timing.settle() : timing.poll();
        files.awaitChange(wait, timing.quiet(), timing.bound());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing that goes wrong in one round may end the watch. */
  private void refresh() {
    try {
      // The watch comes before the reading: what changes in between is told of.
      files.watch(ManifestFiles.under(paths).directories());
      store.refresh();
      ResourceSnapshot now = store.snapshot();
      if (!now.equals(told) && !closed) {
        told = now;
        listener.accept(now);
      }
    } catch (RuntimeException | Error e) {
      if (!closed) {
        LOG.error("The manifests could not be taken over; what was served stays", e);
      }
    }
  }

  /** Returns when the thread has ended, unless it is called from it. */
  void close() {
    closed = true;
    files.close();
    if (Thread.currentThread() != thread) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

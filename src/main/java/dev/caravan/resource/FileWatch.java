package dev.caravan.resource;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Waits for changes in directories; where the system cannot tell of them, it waits for the time to
 * pass.
 */
final class FileWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(FileWatch.class);

  /** Null: the system has none left (inotify's limit), everything is polled. */
  private final WatchService service;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<Path, Watched> watched = new HashMap<>();

  /** A watch is on what the path led to at that time; a link may lead somewhere else later. */
  private record Watched(Path real, WatchKey key) {}

  private FileWatch(WatchService service) {
    this.service = service;
  }

  static FileWatch open() {
    try {
      return new FileWatch(FileSystems.getDefault().newWatchService());
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warnf("Files are polled, for the system cannot watch them: %s", e.getMessage());
      return new FileWatch(null);
    }
  }

  /** Watches these directories and no others. */
  void watch(Set<Path> directories) {
    if (service == null) {
      return;
    }
    watched.entrySet().removeIf(entry -> isOver(entry.getKey(), entry.getValue(), directories));
    for (Path directory : directories) {
      if (!watched.containsKey(directory)) {
        try {
          WatchKey key = directory.register(service, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE);
          watched.put(directory, new Watched(directory.toRealPath(), key));
        } catch (IOException e) {
          LOG.debugf("%s is polled: %s", directory, e.getMessage());
        }
      }
    }
  }

  private static boolean isOver(Path directory, Watched watch, Set<Path> wanted) {
    boolean over = !wanted.contains(directory) || !watch.key().isValid() || moved(directory, watch);
    if (over) {
      watch.key().cancel();
    }
    return over;
  }

  private static boolean moved(Path directory, Watched watch) {
    try {
      return !directory.toRealPath().equals(watch.real());
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Returns after a change, once it is quiet again, or else after the time is up, or when closed.
   */
  void awaitChange(Duration timeout, Duration quiet, Duration bound) throws InterruptedException {
    if (service == null) {
      closed.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
      return;
    }
    try {
      WatchKey changed = service.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
      long end = System.nanoTime() + bound.toNanos();
      while (changed != null) {
        changed.pollEvents();
        changed.reset();
        if (System.nanoTime() >= end) {
          return;
        }
        changed = service.poll(quiet.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (ClosedWatchServiceException e) {
      LOG.trace("closed while waiting", e);
    }
  }

  /** May be called from another thread than the one that waits. */
  @Override
  public void close() {
    closed.countDown();
    if (service != null) {
      try {
        service.close();
      } catch (IOException e) {
        LOG.debugf("The watch could not be closed: %s", e.getMessage());
      }
    }
  }
}

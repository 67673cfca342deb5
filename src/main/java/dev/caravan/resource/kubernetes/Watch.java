package dev.caravan.resource.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * An informer that never gives up. fabric8's own retries bridge what passes (a server away, 410, an
 * expired token); where the server says that the kind is not there or may not be read, a fresh
 * informer is tried again after a while, so that a thousand data planes do not hammer the server
 * for something that people have to mend. What was read is kept, unless the kind itself goes.
 */
final class Watch<T extends HasMetadata> implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("caravan.kubernetes");
  private static final Duration CHECK = Duration.ofSeconds(1);
  private static final Duration PROBE = Duration.ofSeconds(5);
  private static final Duration FORBIDDEN_RETRY = Duration.ofSeconds(20);
  private static final Duration ABSENT_RETRY = Duration.ofMillis(500);
  private static final Duration ABSENT_RETRY_MAX = Duration.ofSeconds(10);

  /** How a watch stands. */
  enum State {
    /** There was no answer yet. */
    WAITING,
    /** What the server has is known, and changes are told. */
    WATCHING,
    /** The server does not answer; what is known may be old. */
    AWAY,
    /** The server does not know the kind. */
    NO_SUCH_KIND,
    /** The server refuses. */
    FORBIDDEN
  }

  private final Watched<T> watched;
  private final ScheduledExecutorService thread;
  private final Runnable changed;
  private final boolean quiet;
  private SharedIndexInformer<T> informer;
  private volatile BasicItemStore<T> store;
  private volatile State state = State.WAITING;
  private volatile String trouble = "";
  private volatile boolean synced;
  private volatile boolean closed;
  private int absences;
  private long probeAt = System.nanoTime();

  /**
   * @param thread runs the upkeep of this watch; one thread
   * @param changed called, from any thread, when there is something new
   * @param quiet true: its states are not worth a line of the log; another one of the same source
   *     tells
   */
  Watch(Watched<T> watched, ScheduledExecutorService thread, Runnable changed, boolean quiet) {
    this.watched = watched;
    this.thread = thread;
    this.changed = changed;
    this.quiet = quiet;
    this.store = watched.store();
  }

  Watch<T> start() {
    thread.execute(this::open);
    later(this::check, CHECK);
    return this;
  }

  State state() {
    return state;
  }

  /** Whether there has been a first answer of any kind. */
  boolean answered() {
    return state != State.WAITING && (state != State.AWAY || synced);
  }

  /** Whether what there is has been read at least once since the kind is there. */
  boolean synced() {
    return synced;
  }

  /** What the server said, if the state is {@link State#FORBIDDEN} or {@link State#AWAY}. */
  String trouble() {
    return trouble;
  }

  List<T> items() {
    return store.values().toList();
  }

  private void open() {
    if (closed) {
      return;
    }
    BasicItemStore<T> fresh = watched.store();
    // Known things stay known, so that a restart of the watch tells of changes only.
    store.values().forEach(item -> fresh.put(fresh.getKey(item), item));
    SharedIndexInformer<T> opened = watched.informer().itemStore(fresh);
    opened.exceptionHandler((started, problem) -> retry(opened, problem));
    opened.addEventHandler(new Signal());
    informer = opened;
    store = fresh;
    opened.start().thenRun(() -> upkeep(() -> becameSynced(opened)));
  }

  /**
   * fabric8 goes on trying for everything that may pass. For what only people can mend it ends, and
   * {@link #open} begins anew.
   */
  private boolean retry(SharedIndexInformer<T> of, Throwable problem) {
    int code = codeOf(problem);
    boolean refused =
        code == HttpURLConnection.HTTP_NOT_FOUND || code == HttpURLConnection.HTTP_FORBIDDEN;
    upkeep(
        () -> {
          if (refused) {
            refused(of, code, problem);
          } else {
            wentAway(sentence(problem));
          }
        });
    return !refused;
  }

  private void becameSynced(SharedIndexInformer<T> opened) {
    if (informer != opened || closed) {
      return;
    }
    absences = 0;
    synced = true;
    enter(State.WATCHING, "");
  }

  private void wentAway(String why) {
    if (state == State.WAITING || state == State.WATCHING) {
      enter(State.AWAY, why);
    }
  }

  /** Once for each informer: both it and a probe may learn of the refusal. */
  private void refused(SharedIndexInformer<T> of, int code, Throwable problem) {
    if (informer != of) {
      return;
    }
    informer = null;
    of.stop();
    if (code == HttpURLConnection.HTTP_FORBIDDEN) {
      enter(State.FORBIDDEN, sentence(problem));
      later(this::open, FORBIDDEN_RETRY);
      return;
    }
    synced = false;
    store = watched.store();
    enter(State.NO_SUCH_KIND, "");
    long wait = ABSENT_RETRY.toMillis() << Math.min(6, absences++ / 60);
    later(this::open, Duration.ofMillis(Math.min(wait, ABSENT_RETRY_MAX.toMillis())));
  }

  /** The informer does not tell that its watch has broken off, and why it does not come back. */
  private void check() {
    if (closed) {
      return;
    }
    if (state == State.WATCHING && !informer.isWatching() || state == State.AWAY && synced) {
      if (informer.isWatching()) {
        enter(State.WATCHING, "");
      } else if (!quiet && System.nanoTime() - probeAt >= 0) {
        probeAt = System.nanoTime() + jittered(PROBE).toNanos();
        probe();
      }
    }
    later(this::check, CHECK);
  }

  /** Not on the thread of the upkeep: it waits for a server that may not answer. */
  private void probe() {
    SharedIndexInformer<T> of = informer;
    Thread.ofVirtual()
        .name("caravan-probe")
        .start(
            () -> {
              try {
                watched.probe();
              } catch (KubernetesClientException e) {
                upkeep(() -> probed(of, e));
              }
            });
  }

  private void probed(SharedIndexInformer<T> of, KubernetesClientException refusal) {
    if (informer != of || of.isWatching()) {
      return;
    }
    if (refusal.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
      refused(of, refusal.getCode(), refusal);
    } else {
      // Another reason than before is news: a server that is back may refuse a token.
      enter(State.AWAY, sentence(refusal));
    }
  }

  private void enter(State next, String why) {
    boolean news = next != state || !why.equals(trouble);
    State before = state;
    state = next;
    trouble = why;
    if (!news) {
      return;
    }
    if (!quiet) {
      tell(before);
    }
    changed.run();
  }

  private void tell(State before) {
    switch (state) {
      case WATCHING ->
          LOG.log(
              before == State.WAITING ? Logger.Level.DEBUG : Logger.Level.INFO,
              watched.name() + " are watched");
      case AWAY ->
          LOG.warnf(
              "%s cannot be watched: %s; %s",
              watched.name(),
              trouble,
              synced ? "what was read stays in force" : "nothing was read yet");
      case NO_SUCH_KIND ->
          LOG.warnf("%s are not installed in the cluster; waiting for them", watched.name());
      case FORBIDDEN -> LOG.warnf("%s may not be read: %s", watched.name(), trouble);
      case WAITING -> {}
    }
  }

  private void later(Runnable task, Duration delay) {
    try {
      thread.schedule(guarded(task), jittered(delay).toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.trace("closed", e);
    }
  }

  private void upkeep(Runnable task) {
    try {
      thread.execute(guarded(task));
    } catch (RejectedExecutionException e) {
      LOG.trace("closed", e);
    }
  }

  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        if (!closed) {
          task.run();
        }
      } catch (RuntimeException e) {
        LOG.errorf(e, "the watch of %s had trouble", watched.name());
      }
    };
  }

  private static Duration jittered(Duration delay) {
    return Duration.ofMillis(
        (long) (delay.toMillis() * ThreadLocalRandom.current().nextDouble(0.75, 1.25)));
  }

  private static int codeOf(Throwable problem) {
    for (Throwable at = problem; at != null; at = at.getCause()) {
      if (at instanceof KubernetesClientException e && e.getCode() > 0) {
        return e.getCode();
      }
    }
    return 0;
  }

  /** What the server said in a Status, else the innermost cause. */
  private static String sentence(Throwable problem) {
    Throwable last = problem;
    for (Throwable at = problem; at != null; at = at.getCause()) {
      if (at instanceof KubernetesClientException e && e.getStatus() != null) {
        String message = e.getStatus().getMessage();
        if (message != null && !message.isBlank()) {
          return message;
        }
      }
      last = at;
    }
    return last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
  }

  @Override
  public void close() {
    closed = true;
    SharedIndexInformer<T> open = informer;
    if (open != null) {
      open.stop();
    }
  }

  /** Level-triggered: that something changed is all that counts. */
  private final class Signal implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      changed.run();
    }

    @Override
    public void onUpdate(T before, T now) {
      changed.run();
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
      changed.run();
    }

    @Override
    public void onNothing() {
      changed.run();
    }
  }
}

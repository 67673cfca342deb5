package dev.caravan.emulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What the emulator does with the requests that a predicate picks: first what is queued, one script
 * a request, then the standing answer. Without either, the next older rule decides, at last the
 * default behaviour.
 *
 * <p>The predicate sees a request's head only; an answer given as a function sees its body too.
 */
public final class Rule {
  /** A chosen answer: a script known from the head on, or one that needs the body to be made. */
  record Choice(Script fixed, Function<ReceivedRequest, Script> made) {
    Script scriptFor(ReceivedRequest request) {
      return fixed != null ? fixed : made.apply(request);
    }
  }

  /** In the queue: leave this request to the next rule. */
  private static final Choice SKIP = new Choice(null, null);

  private final Predicate<ReceivedRequest> predicate;
  private final Deque<Choice> queue = new ArrayDeque<>();
  private Choice standing;

  Rule(Predicate<ReceivedRequest> predicate) {
    this.predicate = predicate;
  }

  /** Answers the next requests with these scripts, one each. */
  public synchronized Rule once(Script... scripts) {
    for (Script script : scripts) {
      queue.add(new Choice(script, null));
    }
    return this;
  }

  /** Leaves the next {@code count} requests to older rules or the default behaviour. */
  public synchronized Rule skip(int count) {
    for (int i = 0; i < count; i++) {
      queue.add(SKIP);
    }
    return this;
  }

  /** Answers every further request with this script. */
  public synchronized Rule answer(Script script) {
    standing = new Choice(script, null);
    return this;
  }

  /** Answers every further request with the script made for it, once its body has been read. */
  public synchronized Rule answer(Function<ReceivedRequest, Script> made) {
    standing = new Choice(null, made);
    return this;
  }

  synchronized Optional<Choice> choose(ReceivedRequest request) {
    if (!predicate.test(request)) {
      return Optional.empty();
    }
    Choice choice = queue.isEmpty() ? standing : queue.remove();
    return choice == SKIP ? Optional.empty() : Optional.ofNullable(choice);
  }
}

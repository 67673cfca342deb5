package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import dev.caravan.api.Problem;
import dev.caravan.api.Resource;
import java.util.ArrayList;
import java.util.List;

/** What is found wrong with one resource while it is read. */
final class Findings {
  private final Resource<?> resource;
  private final List<Problem> problems = new ArrayList<>();

  Findings(Resource<?> resource) {
    this.resource = resource;
  }

  void invalid(FieldPath path, String message, Object... args) {
    error(Reasons.INVALID, path, message, args);
  }

  void error(String reason, FieldPath path, String message, Object... args) {
    problems.add(Problem.error(resource, reason, path, message.formatted(args)));
  }

  void warning(String reason, FieldPath path, String message, Object... args) {
    problems.add(Problem.warning(resource, reason, path, message.formatted(args)));
  }

  List<Problem> problems() {
    return problems;
  }

  boolean usable() {
    return problems.stream().noneMatch(Problem::isError);
  }

  /**
   * Whether the only errors are rules without traffic: such a rule answers 503, the others work.
   */
  boolean usableButForTraffic() {
    return problems.stream()
        .filter(Problem::isError)
        .allMatch(problem -> problem.reason().equals(Reasons.NO_TRAFFIC));
  }
}

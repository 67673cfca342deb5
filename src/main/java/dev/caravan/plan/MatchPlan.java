package dev.caravan.plan;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Conditions that must all hold; at least one.
 *
 * @param headers by name, in lower case
 * @param model on the client's {@code model} field; null: not asked
 */
public record MatchPlan(SortedMap<String, ValueMatch> headers, ValueMatch model) {
  public MatchPlan {
    headers = Collections.unmodifiableSortedMap(new TreeMap<>(headers));
  }

  /**
   * @param header gives the value of the header of that (lower-case) name, values of a repeated one
   *     joined by a comma, null if absent
   * @param clientModel the client's {@code model}, null if absent
   */
  public boolean matches(UnaryOperator<String> header, String clientModel) {
    for (var condition : headers.entrySet()) {
      if (!condition.getValue().matches(header.apply(condition.getKey()))) {
        return false;
      }
    }
    return model == null || model.matches(clientModel);
  }

  /** Readable: {@code user-type = subscriber and model starts with gpt-}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    headers.forEach(
        (name, match) ->
            text.append(text.isEmpty() ? "" : " and ").append(name).append(' ').append(match));
    if (model != null) {
      text.append(text.isEmpty() ? "" : " and ").append("model ").append(model);
    }
    return text.toString();
  }
}

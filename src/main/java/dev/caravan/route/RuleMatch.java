package dev.caravan.route;

import dev.caravan.chat.ChatBody;
import dev.caravan.http.Call;
import dev.caravan.plan.MatchPlan;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;

/**
 * The condition of a rule, on the real HTTP headers of the request and never on a Camel header,
 * which a query parameter or another step could have set. Its text is what a route dump shows.
 */
record RuleMatch(List<MatchPlan> anyOf) implements Predicate {

  @Override
  public boolean matches(Exchange exchange) {
    Call call = Call.of(exchange);
    ChatBody json = call.body().json();
    String model = json == null ? null : json.model();
    for (MatchPlan match : anyOf) {
      if (match.matches(call::header, model)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return anyOf.stream().map(MatchPlan::toString).collect(Collectors.joining(" or "));
  }
}

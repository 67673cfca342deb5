package dev.caravan.plan;

import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import java.util.List;

/** The one list of fields that are read and planned, and that the data path does not act on yet. */
final class NotInForce {
  private NotInForce() {}

  static void warn(LLMProviderSpec spec, Findings findings) {
    if (spec.outlierDetection() != null) {
      warn(
          findings, FieldPath.SPEC.child("outlierDetection"), "a failing provider is not left out");
    }
  }

  static void warn(LLMRouteSpec spec, Findings findings) {
    for (int i = 0; i < spec.rules().size(); i++) {
      LLMRouteSpec.Rule rule = spec.rules().get(i);
      FieldPath path = FieldPath.SPEC.child("rules").index(i);
      if (rule.retry() != null) {
        warn(findings, path.child("retry"), "a request is attempted once");
      }
      List<LLMRouteSpec.BackendRef> refs = rule.backendRefs();
      for (int j = 0; j < refs.size(); j++) {
        Integer priority = refs.get(j).priority();
        if (priority != null && priority > 0) {
          warn(
              findings,
              path.child("backendRefs").index(j).child("priority"),
              "priority %d gets its share by weight like priority 0".formatted(priority));
        }
      }
    }
  }

  private static void warn(Findings findings, FieldPath path, String consequence) {
    findings.warning(
        Reasons.NOT_IN_FORCE, path, "this version does not act on it: %s", consequence);
  }
}

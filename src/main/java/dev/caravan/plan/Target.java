package dev.caravan.plan;

/** Where a backend's requests go. */
public sealed interface Target {
  /** To a provider, with what is written into the request. */
  record Provider(ProviderPlan provider, ModelConfig config) implements Target {}

  /**
   * Nowhere: its share is answered 503.
   *
   * @param reason one constant word, as in the problem
   * @param message a sentence for people
   */
  record Unresolved(String reason, String message) implements Target {}
}

package dev.caravan.plan;

/**
 * What is written into a request.
 *
 * @param model null: the client's stays
 * @param stream null: the client's stays
 */
public record ModelConfig(String model, Boolean stream, Credential credential) {
  /** Nothing. */
  public static final ModelConfig NONE = new ModelConfig(null, null, new Credential.None());
}

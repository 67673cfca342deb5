package dev.caravan.api;

/** Which Kubernetes Secret. */
public record SecretName(String namespace, String name) {
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}

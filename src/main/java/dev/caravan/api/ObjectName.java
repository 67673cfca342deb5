package dev.caravan.api;

import java.util.Comparator;

/** Which object of a kind that the context tells: a Secret, a Service, an InferencePool. */
public record ObjectName(String namespace, String name) implements Comparable<ObjectName> {
  private static final Comparator<ObjectName> ORDER =
      Comparator.comparing(ObjectName::namespace).thenComparing(ObjectName::name);

  @Override
  public int compareTo(ObjectName other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}

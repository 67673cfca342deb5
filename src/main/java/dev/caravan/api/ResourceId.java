package dev.caravan.api;

import java.util.Comparator;

/** Which resource: kind, namespace and name. Ordered by namespace, then name, then kind. */
public record ResourceId(String kind, String namespace, String name)
    implements Comparable<ResourceId> {
  private static final Comparator<ResourceId> ORDER =
      Comparator.comparing(ResourceId::namespace)
          .thenComparing(ResourceId::name)
          .thenComparing(ResourceId::kind);

  @Override
  public int compareTo(ResourceId other) {
    return ORDER.compare(this, other);
  }

  /** As kubectl prints it within a namespace: {@code LLMRoute/demo-llm-server}. */
  public String kindAndName() {
    return kind + "/" + name;
  }

  @Override
  public String toString() {
    return kind + " " + namespace + "/" + name;
  }
}

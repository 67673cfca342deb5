package dev.caravan.api;

import java.util.Set;

/** The objects that resources refer to: what a source has to read beside the resources. */
public record References(Set<ObjectName> secrets, Set<ObjectName> services) {
  public static final References NONE = new References(Set.of(), Set.of());

  public References {
    secrets = Set.copyOf(secrets);
    services = Set.copyOf(services);
  }
}

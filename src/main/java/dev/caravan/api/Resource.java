package dev.caravan.api;

import java.time.Instant;
import java.util.Objects;

/**
 * One custom resource as it was read.
 *
 * @param creationTimestamp when the API server created it; null for a resource that was read from a
 *     file
 * @param spec null if the resource is there but its spec could not be read (wrong type, no spec);
 *     the snapshot's problems say why. Such a resource is neither usable nor deleted: its last good
 *     version stays in force.
 */
public record Resource<S>(
    String apiVersion, ResourceId id, Instant creationTimestamp, S spec, Origin origin) {
  public Resource {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(origin, "origin");
  }

  public String kind() {
    return id.kind();
  }

  public String namespace() {
    return id.namespace();
  }

  public String name() {
    return id.name();
  }

  public boolean readable() {
    return spec != null;
  }

  public Resource<S> withSpec(S other) {
    return new Resource<>(apiVersion, id, creationTimestamp, other, origin);
  }

  public Resource<S> withOrigin(Origin other) {
    return new Resource<>(apiVersion, id, creationTimestamp, spec, other);
  }
}

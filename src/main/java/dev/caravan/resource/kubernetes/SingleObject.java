package dev.caravan.resource.kubernetes;

import dev.caravan.api.ObjectName;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.function.Supplier;

/**
 * One object by its name. The watch asks for {@code metadata.name}, which rights for that one name
 * ({@code resourceNames}) allow, and nothing else of the namespace is read.
 */
final class SingleObject<T extends HasMetadata> implements Watched<T> {
  private final String name;
  private final Supplier<? extends Resource<T>> object;

  SingleObject(String kind, ObjectName name, Supplier<? extends Resource<T>> object) {
    this.name = kind + " " + name;
    this.object = object;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public SharedIndexInformer<T> informer() {
    return object.get().runnableInformer(0);
  }

  @Override
  public void probe() {
    object.get().get();
  }
}

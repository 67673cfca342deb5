package dev.caravan.resource.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;

/**
 * What is watched: a kind, or one object of it.
 *
 * @param <T> the client's type for it
 */
interface Watched<T extends HasMetadata> {
  /** As messages name it, such as {@code llmproviders.istio.alibabacloud.com}. */
  String name();

  /** A new informer that has not been started. */
  SharedIndexInformer<T> informer();

  /**
   * Asks the API server for one object of it, to learn why a watch does not come back.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException with the code, if it refuses
   */
  void probe();

  /**
   * What to keep of an object: caches hold thousands.
   *
   * @param before what was kept of the state before, or null
   */
  default T slim(T object, T before) {
    object.getMetadata().setManagedFields(null);
    return object;
  }

  /** A store for the informer that keeps what {@link #slim} says. */
  default BasicItemStore<T> store() {
    return new BasicItemStore<>(Cache::metaNamespaceKeyFunc) {
      @Override
      public T put(String key, T object) {
        return super.put(key, slim(object, get(key)));
      }
    };
  }
}

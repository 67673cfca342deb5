package dev.caravan.resource.kubernetes;

import dev.caravan.api.ApiGroup;
import dev.caravan.api.Problem;
import dev.caravan.api.Resource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.AnyNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One of the two kinds, of one namespace or of all. It is watched as plain trees, so that an object
 * that the Java model cannot read is a problem of that object and not of the watch.
 */
final class Kind<S> implements Watched<GenericKubernetesResource> {
  private final KubernetesClient client;
  private final Optional<String> namespace;
  private final String kind;
  private final Class<S> specType;
  private final ResourceDefinitionContext context;

  /**
   * @param namespace empty: all
   */
  Kind(KubernetesClient client, Optional<String> namespace, String kind, Class<S> specType) {
    this.client = client;
    this.namespace = namespace;
    this.kind = kind;
    this.specType = specType;
    this.context = ApiServerObjects.definition(kind);
  }

  /** An object of this kind as its cache keeps it: read, without the tree. */
  static final class Read<S> extends GenericKubernetesResource {
    private static final long serialVersionUID = 1L;
    private final transient Resource<S> resource;
    private final transient List<Problem> problems;

    Read(Resource<S> resource, List<Problem> problems) {
      this.resource = resource;
      this.problems = problems;
    }

    Resource<S> resource() {
      return resource;
    }

    List<Problem> problems() {
      return problems;
    }
  }

  @Override
  public String name() {
    return context.getPlural() + "." + ApiGroup.NAME;
  }

  @Override
  public SharedIndexInformer<GenericKubernetesResource> informer() {
    return objects().runnableInformer(0);
  }

  @Override
  public void probe() {
    objects().list(new ListOptionsBuilder().withLimit(1L).build());
  }

  private AnyNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          io.fabric8.kubernetes.client.dsl.Resource<GenericKubernetesResource>>
      objects() {
    var all = client.genericKubernetesResources(context);
    return namespace.isPresent() ? all.inNamespace(namespace.get()) : all.inAnyNamespace();
  }

  /**
   * The same spec stays the same instance: a change of the status or of an annotation is none for a
   * data plane.
   */
  @Override
  public GenericKubernetesResource slim(
      GenericKubernetesResource object, GenericKubernetesResource before) {
    Read<S> read = ApiServerObjects.read(object, kind, specType);
    if (before instanceof Read<?> old
        && old.resource().id().equals(read.resource().id())
        && sameSpec(old.resource(), read.resource())) {
      @SuppressWarnings("unchecked")
      Resource<S> kept = (Resource<S>) old.resource();
      read = new Read<>(kept, old.problems());
    }
    read.setApiVersion(object.getApiVersion());
    read.setKind(object.getKind());
    object.getMetadata().setManagedFields(null);
    object.getMetadata().setAnnotations(null);
    read.setMetadata(object.getMetadata());
    return read;
  }

  private static boolean sameSpec(Resource<?> before, Resource<?> now) {
    var was = before.origin().version();
    var is = now.origin().version();
    return was.uid().equals(is.uid()) && was.generation() == is.generation();
  }

  /** What a cache holds, as resources; {@code problems} gets what could not be read. */
  @SuppressWarnings("unchecked")
  static <S> List<Resource<S>> resources(
      List<GenericKubernetesResource> items, List<Problem> problems) {
    return items.stream()
        .map(item -> (Read<S>) item)
        .peek(read -> problems.addAll(read.problems()))
        .map(Read::resource)
        .sorted(Comparator.comparing(Resource::id))
        .toList();
  }
}

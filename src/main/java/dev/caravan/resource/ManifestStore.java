package dev.caravan.resource;

import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.Location;
import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.Problem;
import dev.caravan.api.Problem.Severity;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceId;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.api.SecretData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the manifests hold, file by file, and what of it is in force.
 *
 * <p>A change that takes something away (a file gone or broken, fewer resources, no line break at
 * the end) may be half of a change, seen between two steps of the writer: it counts only once the
 * file has stayed like that for a while. All other changes count at once.
 */
final class ManifestStore {
  private final List<Path> paths;
  private final String defaultNamespace;
  private final Clock clock;
  private final Duration settle;
  private final Map<Path, Entry> entries = new TreeMap<>();
  private List<Path> order = List.of();
  private List<Problem> listingProblems = List.of();
  private boolean settling;
  private boolean first = true;

  ManifestStore(List<Path> paths, String defaultNamespace, Clock clock, Duration settle) {
    this.paths = List.copyOf(paths);
    this.defaultNamespace = defaultNamespace;
    this.clock = clock;
    this.settle = settle;
  }

  /**
   * What reading a file gave: its bytes, an error, or neither if it is not there.
   *
   * @param modified when it was last written, as far as the file system tells
   */
  private record Content(byte[] bytes, IOException error, FileTime modified) {
    static final Content ABSENT = new Content(null, null, null);

    boolean absent() {
      return bytes == null && error == null;
    }

    boolean sameAs(Content other) {
      return Arrays.equals(bytes, other.bytes) && (error == null) == (other.error == null);
    }

    /**
     * Not even written anew with the same bytes: a writer at work passes through the same states.
     */
    boolean untouchedSince(Content other) {
      return other != null && sameAs(other) && Objects.equals(modified, other.modified);
    }

    boolean blank() {
      return bytes != null && new String(bytes, StandardCharsets.UTF_8).isBlank();
    }

    boolean endsMidLine() {
      return bytes != null && bytes.length > 0 && bytes[bytes.length - 1] != '\n';
    }
  }

  private static final class Entry {
    private Content content = Content.ABSENT;
    private Manifest inForce = Manifest.EMPTY;
    private Manifest lastGood = Manifest.EMPTY;
    private Content pending;
    private Instant pendingSince;
  }

  /** Reads what is there. */
  void refresh() {
    ManifestFiles.Found found = ManifestFiles.under(paths);
    settling = false;
    for (Path file : found.files()) {
      take(file, read(file));
    }
    for (Path file : List.copyOf(entries.keySet())) {
      if (!found.files().contains(file) && !found.mayHide(file)) {
        take(file, Content.ABSENT);
      }
    }
    first = false;
    Set<Path> inOrder = new LinkedHashSet<>(found.files());
    inOrder.addAll(entries.keySet());
    inOrder.retainAll(entries.keySet());
    order = List.copyOf(inOrder);
    listingProblems =
        found.unreadable().entrySet().stream()
            .map(entry -> unreadable(entry.getKey(), entry.getValue()))
            .toList();
  }

  /** Whether a change waits to be believed: look again after the settling time. */
  boolean settling() {
    return settling;
  }

  private static Content read(Path file) {
    try {
      FileTime modified = Files.getLastModifiedTime(file);
      return new Content(Files.readAllBytes(file), null, modified);
    } catch (NoSuchFileException e) {
      return Content.ABSENT;
    } catch (IOException e) {
      return new Content(null, e, null);
    }
  }

  private void take(Path file, Content content) {
    Entry entry = entries.computeIfAbsent(file, _ -> new Entry());
    if (content.sameAs(entry.content)) {
      entry.pending = null;
    } else {
      Manifest read = content.absent() ? Manifest.EMPTY : parse(file, content);
      if (!first && mayBeHalfDone(entry, content, read) && !settled(entry, content)) {
        settling = true;
        return;
      }
      accept(file, entry, content, read);
    }
    if (content.absent()) {
      entries.remove(file);
    }
  }

  private Manifest parse(Path file, Content content) {
    return content.error() == null
        ? ManifestReader.read(file.toString(), content.bytes(), defaultNamespace)
        : Manifest.unreadable(unreadable(file, content.error()));
  }

  private static boolean mayBeHalfDone(Entry entry, Content content, Manifest read) {
    return read.broken() || content.endsMidLine() || !read.ids().containsAll(entry.inForce.ids());
  }

  private boolean settled(Entry entry, Content content) {
    if (!content.untouchedSince(entry.pending)) {
      entry.pending = content;
      entry.pendingSince = clock.instant();
    }
    return !clock.instant().isBefore(entry.pendingSince.plus(settle));
  }

  private static void accept(Path file, Entry entry, Content content, Manifest read) {
    entry.content = content;
    entry.pending = null;
    Manifest lastGood = entry.lastGood;
    boolean emptied = content.blank() && !lastGood.ids().isEmpty();
    if (emptied) {
      entry.inForce = lastGood.asStale(List.of(emptied(file)));
    } else if (read.broken()) {
      entry.inForce = lastGood.ids().isEmpty() ? read : lastGood.asStale(read.problems());
    } else {
      entry.inForce = read;
      entry.lastGood = read;
    }
  }

  private static Problem emptied(Path file) {
    return new Problem(
        Severity.WARNING,
        null,
        Reason.FILE_EMPTY,
        "",
        "the file is empty; what it held stays in force until the file is deleted",
        new Location(file.toString(), 1));
  }

  private static Problem unreadable(Path path, IOException error) {
    return new Problem(
        Severity.ERROR,
        null,
        Reason.FILE_UNREADABLE,
        "",
        "cannot be read: " + error.getClass().getSimpleName().replace("Exception", ""),
        new Location(path.toString(), 1));
  }

  /**
   * All files together; of a resource that comes twice the later one counts, as {@code kubectl
   * apply} has it.
   */
  ResourceSnapshot snapshot() {
    List<Problem> problems = new ArrayList<>(listingProblems);
    Map<ResourceId, Resource<LLMProviderSpec>> providers = new LinkedHashMap<>();
    Map<ResourceId, Resource<LLMRouteSpec>> routes = new LinkedHashMap<>();
    Map<ResourceId, Resource<SecretData>> secrets = new LinkedHashMap<>();
    Set<ResourceId> leaving = leaving();
    for (Path file : order) {
      Manifest manifest = entries.get(file).inForce;
      problems.addAll(manifest.problems());
      manifest.providers().forEach(one -> put(one, providers, leaving, problems));
      manifest.routes().forEach(one -> put(one, routes, leaving, problems));
      manifest.secrets().forEach(one -> put(one, secrets, leaving, problems));
    }
    Map<ObjectName, Lookup<SecretData>> secretData = new LinkedHashMap<>();
    secrets.forEach(
        (id, secret) ->
            secretData.put(
                new ObjectName(id.namespace(), id.name()), new Lookup.Found<>(secret.spec())));
    return new ResourceSnapshot(
        List.copyOf(providers.values()),
        List.copyOf(routes.values()),
        secretData,
        Optional.empty(),
        problems);
  }

  /**
   * What is about to go from where it was: a file that was renamed must not be told of as a
   * duplicate.
   */
  private Set<ResourceId> leaving() {
    Set<ResourceId> leaving = new HashSet<>();
    for (Entry entry : entries.values()) {
      if (entry.pending != null) {
        leaving.addAll(entry.inForce.ids());
      }
    }
    return leaving;
  }

  private static <S> void put(
      Resource<S> resource,
      Map<ResourceId, Resource<S>> into,
      Set<ResourceId> leaving,
      List<Problem> problems) {
    Resource<S> before = into.get(resource.id());
    if (before != null && before.readable() && !resource.readable()) {
      // An API server would refuse this one, and the one applied before would stay.
      return;
    }
    into.put(resource.id(), resource);
    if (before != null && !leaving.contains(resource.id())) {
      problems.add(
          Problem.warning(
              resource,
              Reason.DUPLICATE_RESOURCE,
              FieldPath.ROOT,
              "is in %s too; this later one is used, as kubectl apply would have it"
                  .formatted(before.origin())));
    }
  }
}

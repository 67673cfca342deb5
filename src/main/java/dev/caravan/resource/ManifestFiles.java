package dev.caravan.resource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the manifests under some paths: files as they are, directories with all below, sorted by
 * path. Hidden entries (among them {@code ..data} and {@code ..2026_…} of a mounted ConfigMap) are
 * passed over, symbolic links followed, and no file or directory is visited twice.
 */
final class ManifestFiles {
  private static final List<String> SUFFIXES = List.of(".yaml", ".yml", ".json");

  private final Set<Path> visited = new HashSet<>();
  private final Set<Path> files = new LinkedHashSet<>();
  private final Set<Path> directories = new LinkedHashSet<>();
  private final Map<Path, IOException> unreadable = new LinkedHashMap<>();

  private ManifestFiles() {}

  /**
   * What was found.
   *
   * @param files in the order in which they count, later ones over earlier ones
   * @param directories in which a change may concern these files
   * @param unreadable files and directories that are there and cannot be looked into
   */
  record Found(Set<Path> files, Set<Path> directories, Map<Path, IOException> unreadable) {
    boolean mayHide(Path file) {
      return unreadable.keySet().stream().anyMatch(file::startsWith);
    }
  }

  static Found under(List<Path> paths) {
    ManifestFiles found = new ManifestFiles();
    for (Path path : paths) {
      Path parent = path.toAbsolutePath().getParent();
      // A plain directory tells of its own changes; what a link or a file is replaced by, only the
      // parent knows.
      if (parent != null && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        found.directories.add(parent);
      }
      found.visit(path);
    }
    return new Found(found.files, found.directories, found.unreadable);
  }

  private void visit(Path path) {
    Path real;
    try {
      real = path.toRealPath();
    } catch (NoSuchFileException e) {
      // Gone, or a link to nothing, as in the middle of a ConfigMap's swap: the same as not there.
      return;
    } catch (IOException e) {
      unreadable.put(path, e);
      return;
    }
    if (!visited.add(real)) {
      return;
    }
    if (!Files.isDirectory(real)) {
      files.add(path);
      return;
    }
    directories.add(path.toAbsolutePath());
    for (Path entry : list(path)) {
      if (Files.isDirectory(entry) || hasSuffix(entry)) {
        visit(entry);
      }
    }
  }

  private List<Path> list(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> !entry.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      unreadable.put(directory, e);
      return List.of();
    }
  }

  private static boolean hasSuffix(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return SUFFIXES.stream().anyMatch(name::endsWith);
  }
}

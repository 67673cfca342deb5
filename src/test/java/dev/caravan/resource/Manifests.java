package dev.caravan.resource;

import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.api.SecretData;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Snapshots from YAML in a test. */
public final class Manifests {
  private Manifests() {}

  /** One document or several; resources without a namespace are in {@code default}. */
  public static ResourceSnapshot of(String... documents) {
    Manifest manifest =
        ManifestReader.read(
            "test.yaml",
            String.join("\n---\n", documents).getBytes(StandardCharsets.UTF_8),
            "default");
    Map<ObjectName, Lookup<SecretData>> secrets = new HashMap<>();
    manifest
        .secrets()
        .forEach(
            secret ->
                secrets.put(
                    new ObjectName(secret.namespace(), secret.name()),
                    new Lookup.Found<>(secret.spec())));
    return new ResourceSnapshot(
        manifest.providers(), manifest.routes(), secrets, Optional.empty(), manifest.problems());
  }

  /** A source that does not wait long. */
  public static DirectoryResourceSource impatient(List<Path> paths) {
    return new DirectoryResourceSource(
        paths,
        "default",
        Clock.systemUTC(),
        new DirectoryResourceSource.Timing(
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            Duration.ofMillis(150),
            Duration.ofMillis(400)));
  }
}

package dev.caravan.resource;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.Problem;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryResourceSourceTest {
  @TempDir Path directory;
  private final List<ResourceSnapshot> told = new CopyOnWriteArrayList<>();
  private DirectoryResourceSource source;

  @AfterEach
  void close() {
    if (source != null) {
      source.close();
    }
  }

  private static String provider(String name, String host) {
    return """
    apiVersion: istio.alibabacloud.com/v1beta1
    kind: LLMProvider
    metadata: {name: %s}
    spec: {host: %s}
    """
        .formatted(name, host);
  }

  private Path write(String file, String... documents) throws IOException {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, String.join("---\n", documents));
  }

  private static List<String> hosts(ResourceSnapshot snapshot) {
    return snapshot.providers().stream().map(provider -> provider.spec().host()).toList();
  }

  private static List<String> reasons(ResourceSnapshot snapshot) {
    return snapshot.problems().stream().map(Problem::reason).toList();
  }

  private ResourceSnapshot load(Path... paths) {
    return new DirectoryResourceSource(List.of(paths), "default").load();
  }

  @Nested
  class Loading {
    @Test
    void directories_are_read_with_all_below_in_the_order_of_their_paths() throws IOException {
      write("b.yml", provider("b", "b.test"));
      write("a/z.yaml", provider("z", "z.test"));
      write("c.json", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}");
      write("notes.txt", "no: [yaml");
      write(".hidden.yaml", provider("h", "h.test"));
      write(".git/x.yaml", provider("x", "x.test"));

      ResourceSnapshot snapshot = load(directory);

      assertThat(hosts(snapshot)).containsExactly("z.test", "b.test");
      assertThat(snapshot.problems()).isEmpty();
    }

    @Test
    void a_file_that_is_named_is_read_whatever_its_suffix_and_only_once() throws IOException {
      Path file = write("provider.conf", provider("a", "a.test"));
      Path link = Files.createSymbolicLink(directory.resolve("link.yaml"), file);

      ResourceSnapshot snapshot = load(file, link, directory);

      assertThat(hosts(snapshot)).containsExactly("a.test");
      assertThat(snapshot.problems()).isEmpty();
    }

    @Test
    void a_link_in_a_circle_is_followed_once() throws IOException {
      write("a.yaml", provider("a", "a.test"));
      Files.createSymbolicLink(directory.resolve("again"), directory);
      Files.createSymbolicLink(directory.resolve("nowhere.yaml"), Path.of("gone.yaml"));

      assertThat(hosts(load(directory))).containsExactly("a.test");
    }

    @Test
    void a_later_document_of_the_same_name_is_used_and_both_places_are_named() throws IOException {
      Path a = write("a.yaml", provider("p", "old.test"));
      Path b = write("b.yaml", "\n", provider("p", "new.test"));

      ResourceSnapshot snapshot = load(directory);

      assertThat(hosts(snapshot)).containsExactly("new.test");
      assertThat(snapshot.problems()).hasSize(1);
      assertThat(snapshot.problems().getFirst().toString())
          .startsWith(b + ":3: LLMProvider/p: warning: is in " + a + ":1 too");
    }

    @Test
    void a_later_document_that_an_api_server_would_refuse_leaves_the_earlier_in_force()
        throws IOException {
      write("a.yaml", provider("p", "old.test"));
      write("b.yaml", provider("p", "10"));

      ResourceSnapshot snapshot = load(directory);

      assertThat(hosts(snapshot)).containsExactly("old.test");
      assertThat(reasons(snapshot)).containsExactly("WrongType");
    }

    @Test
    void a_file_that_cannot_be_looked_into_is_told_of_beside_the_others() throws IOException {
      write("a.yaml", provider("a", "a.test"));
      Files.createSymbolicLink(directory.resolve("loop.yaml"), Path.of("loop.yaml"));

      ResourceSnapshot snapshot = load(directory);

      assertThat(hosts(snapshot)).containsExactly("a.test");
      assertThat(reasons(snapshot)).containsExactly("FileUnreadable");
    }

    @Test
    void windows_line_ends_and_a_byte_order_mark_do_not_matter() throws IOException {
      write("a.yaml", "\uFEFF" + provider("p", "a.test").replace("\n", "\r\n"));

      ResourceSnapshot snapshot = load(directory);

      assertThat(hosts(snapshot)).containsExactly("a.test");
      assertThat(snapshot.providers().getFirst().origin().locate("spec.host").line()).isEqualTo(4);
    }

    @Test
    void a_file_in_another_encoding_is_told_of() throws IOException {
      Files.write(directory.resolve("a.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE9});

      assertThat(load(directory).problems().getFirst().message())
          .isEqualTo("is not written in UTF-8");
    }

    @Test
    void values_of_secrets_are_decoded_and_in_no_text() throws IOException {
      write(
          "s.yaml",
          """
          apiVersion: v1
          kind: Secret
          metadata: {name: s, namespace: vault}
          data: {a: Q0FOQVJZ, b: Q0FOQVJZ}
          stringData: {b: CANARY-2}
          """);

      ResourceSnapshot snapshot = load(directory);

      var secret = Lookup.valueOf(snapshot.secrets().get(new ObjectName("vault", "s")));
      assertThat(secret.value("a")).asString().isEqualTo("CANARY");
      assertThat(secret.value("b")).asString().isEqualTo("CANARY-2");
      assertThat(snapshot.toString()).contains("vault/s").doesNotContain("CANARY", "Q0FO");
    }
  }

  @Nested
  class Watching {
    private void start(Path... paths) {
      source = Manifests.impatient(List.of(paths));
      source.start(told::add);
    }

    private void awaitHosts(String... expected) {
      await()
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> !told.isEmpty() && hosts(told.getLast()).equals(List.of(expected)));
    }

    private void awaitReasons(String... expected) {
      await()
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> !told.isEmpty() && reasons(told.getLast()).equals(List.of(expected)));
    }

    @Test
    void edits_new_files_and_new_folders_are_taken_over() throws IOException {
      write("a.yaml", provider("a", "a.test"));
      start(directory);
      awaitHosts("a.test");

      write("a.yaml", provider("a", "a2.test"));
      awaitHosts("a2.test");
      write("b.yaml", provider("b", "b.test"));
      awaitHosts("a2.test", "b.test");
      write("c/d/e.yaml", provider("e", "e.test"));
      awaitHosts("a2.test", "b.test", "e.test");
      write("c/d/e.yaml", provider("e", "e2.test"));
      awaitHosts("a2.test", "b.test", "e2.test");
    }

    @Test
    void an_atomic_rename_never_shows_a_gap() throws IOException {
      Path file = write("a.yaml", provider("a", "a.test"));
      start(file);
      awaitHosts("a.test");

      Path next = write("a.yaml.tmp", provider("a", "a2.test"));
      Files.move(next, file, ATOMIC_MOVE, REPLACE_EXISTING);

      awaitHosts("a2.test");
      assertThat(told).noneMatch(snapshot -> snapshot.providers().isEmpty());
    }

    @Test
    void a_swapped_config_map_is_taken_over_whole() throws IOException {
      write("..2026_1/a.yaml", provider("a", "a.test"));
      write("..2026_1/b.yaml", provider("b", "b.test"));
      Files.createSymbolicLink(directory.resolve("..data"), Path.of("..2026_1"));
      Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("..data/a.yaml"));
      Files.createSymbolicLink(directory.resolve("b.yaml"), Path.of("..data/b.yaml"));
      start(directory);
      awaitHosts("a.test", "b.test");

      write("..2026_2/a.yaml", provider("a", "a2.test"));
      write("..2026_2/b.yaml", provider("b", "b2.test"));
      Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..2026_2"));
      Files.move(directory.resolve("..data_tmp"), directory.resolve("..data"), ATOMIC_MOVE);

      awaitHosts("a2.test", "b2.test");
      assertThat(told).hasSize(2);
    }

    @Test
    void a_swapped_link_above_a_file_is_taken_over() throws IOException {
      write("rev1/in/a.yaml", provider("a", "a.test"));
      write("rev2/in/a.yaml", provider("a", "a2.test"));
      Path current = Files.createSymbolicLink(directory.resolve("current"), Path.of("rev1"));
      start(current.resolve("in/a.yaml"));
      awaitHosts("a.test");

      Path next = Files.createSymbolicLink(directory.resolve("next"), Path.of("rev2"));
      Files.move(next, current, ATOMIC_MOVE);

      awaitHosts("a2.test");
      write("rev2/in/a.yaml", provider("a", "a3.test"));
      awaitHosts("a3.test");
    }

    @Test
    void a_deleted_file_takes_its_resources_along() throws IOException {
      Path a = write("a.yaml", provider("a", "a.test"));
      write("b.yaml", provider("b", "b.test"));
      start(directory);
      awaitHosts("a.test", "b.test");

      Files.delete(a);

      awaitHosts("b.test");
    }

    @Test
    void a_renamed_file_keeps_its_resources_without_a_word() throws IOException {
      Path a = write("a.yaml", provider("a", "a.test"));
      start(directory);
      awaitHosts("a.test");

      Files.move(a, directory.resolve("b.yaml"));
      write("c.yaml", provider("c", "c.test"));

      awaitHosts("a.test", "c.test");
      assertThat(told).allMatch(snapshot -> snapshot.problems().isEmpty());
      assertThat(told).allMatch(snapshot -> hosts(snapshot).contains("a.test"));
    }

    @Test
    void a_broken_file_keeps_what_it_held_until_it_is_mended() throws IOException {
      write("a.yaml", provider("a", "a.test"));
      write("b.yaml", provider("b", "b.test"));
      start(directory);
      awaitHosts("a.test", "b.test");

      write("a.yaml", "apiVersion: [\n");
      awaitReasons("ParseError");
      assertThat(hosts(told.getLast())).containsExactly("a.test", "b.test");
      assertThat(told.getLast().providers())
          .extracting((Resource<?> provider) -> provider.origin().stale())
          .containsExactly(true, false);

      write("a.yaml", provider("a", "mended.test"));
      awaitHosts("mended.test", "b.test");
      assertThat(told.getLast().problems()).isEmpty();
    }

    @Test
    void an_emptied_file_keeps_what_it_held_until_it_is_deleted() throws IOException {
      Path file = write("a.yaml", provider("a", "a.test"));
      start(directory);
      awaitHosts("a.test");

      write("a.yaml", "");
      awaitReasons("FileEmpty");
      assertThat(hosts(told.getLast())).containsExactly("a.test");
      Files.delete(file);
      awaitHosts();
    }

    @Test
    void a_file_that_is_written_piece_by_piece_is_never_seen_with_less_than_before()
        throws IOException {
      String whole = provider("a", "a.test") + "---\n" + provider("b", "b.test");
      write("a.yaml", whole);
      start(directory);
      awaitHosts("a.test", "b.test");

      String next = whole.replace("b.test", "b2.test");
      for (int end = 0; end <= next.length(); end++) {
        write("a.yaml", next.substring(0, end));
      }

      awaitHosts("a.test", "b2.test");
      assertThat(told)
          .allSatisfy(
              snapshot -> {
                assertThat(snapshot.providers()).hasSize(2);
                assertThat(snapshot.problems()).isEmpty();
              });
    }

    @Test
    void a_burst_of_changes_ends_in_the_last_one_with_few_snapshots() throws IOException {
      write("a.yaml", provider("a", "a0.test"));
      start(directory);
      awaitHosts("a0.test");

      for (int i = 1; i <= 500; i++) {
        write("a.yaml", provider("a", "a" + i + ".test"));
      }

      awaitHosts("a500.test");
      assertThat(told).hasSizeLessThan(100);
    }

    @Test
    void a_listener_that_throws_does_not_end_the_watch() throws IOException {
      write("a.yaml", provider("a", "a.test"));
      source = Manifests.impatient(List.of(directory));
      source.start(
          snapshot -> {
            told.add(snapshot);
            throw new IllegalStateException("on purpose");
          });
      awaitHosts("a.test");

      write("a.yaml", provider("a", "a2.test"));

      awaitHosts("a2.test");
    }

    @Test
    void a_path_that_comes_later_is_found() throws IOException {
      start(directory.resolve("later"));
      await().until(() -> told.size() == 1);

      write("later/a.yaml", provider("a", "a.test"));

      awaitHosts("a.test");
    }

    @Test
    void nothing_is_told_once_it_is_closed() throws IOException {
      write("a.yaml", provider("a", "a.test"));
      start(directory);
      awaitHosts("a.test");
      source.close();

      write("a.yaml", provider("a", "a2.test"));

      await()
          .during(Duration.ofMillis(300))
          .atMost(Duration.ofSeconds(5))
          .until(() -> told.size() == 1);
    }
  }
}

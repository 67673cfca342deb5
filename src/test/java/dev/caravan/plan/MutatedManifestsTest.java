package dev.caravan.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.caravan.resource.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a user types, it ends in a plan and problems, and never in an exception. */
class MutatedManifestsTest {
  private static final String[] PIECES = {
    "", "\n", "  ", ": ", "- ", "{", "}", "[", "]", "\"", "'", "*a", "&a ", "<<: ", "null", "10",
    "-1", "!x ", "\t", "é", "|\n"
  };

  @Test
  void a_manifest_with_any_slip_is_planned_or_told_of() throws IOException {
    String whole =
        Files.readString(Path.of("src/test/resources/manifests/valid-everything.yaml"))
            .replace("sk-2", "sk-CANARY");
    RoutingPlanner planner = new RoutingPlanner(DataPlane.ANYWHERE);
    LastGood good = planner.plan(Manifests.of(whole), LastGood.NONE).good();
    Random random = new Random(42);

    for (int i = 0; i < 3_000; i++) {
      int from = random.nextInt(whole.length());
      int to = Math.min(whole.length(), from + random.nextInt(12));
      String mutated =
          whole.substring(0, from) + PIECES[random.nextInt(PIECES.length)] + whole.substring(to);
      assertThatCode(
              () -> {
                PlanResult result = planner.plan(Manifests.of(mutated), good);
                assertThat(result.toString()).doesNotContain("CANARY");
              })
          .as(mutated)
          .doesNotThrowAnyException();
    }
  }
}

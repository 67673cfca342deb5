package dev.caravan.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.api.Problem;
import dev.caravan.api.ResourceSnapshot;
import dev.caravan.plan.LastGood;
import dev.caravan.plan.RoutingPlanner;
import dev.caravan.resource.DirectoryResourceSource;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Validates manifests offline, through the same reader and planner as a running data plane. */
@Command(
    name = "check",
    description = "Validates manifests offline; prints file:line: Kind/name: field: sentence.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:no errors", "1:errors", "2:wrong usage"})
public final class CheckCommand implements Callable<Integer> {
  enum Output {
    TEXT,
    JSON
  }

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      description = "Files, and directories with all *.yaml, *.yml and *.json below.")
  private List<Path> paths;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "text|json",
      defaultValue = "text",
      description = "text (the default), or json: an array of problems.")
  private Output output;

  @Mixin private DataPlaneOptions options;

  @Override
  public Integer call() throws JsonProcessingException {
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new ParameterException(
            spec.commandLine(), "there is no file or directory \"%s\"".formatted(path));
      }
    }
    RoutingPlanner planner = new RoutingPlanner(options.dataPlane());
    ResourceSnapshot snapshot =
        new DirectoryResourceSource(paths, options.resourceNamespace()).load();
    List<Problem> problems = planner.plan(snapshot, LastGood.NONE).plan().problems();
    long errors = problems.stream().filter(Problem::isError).count();

    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.JSON) {
      out.println(
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(array(problems)));
    } else {
      problems.forEach(out::println);
      out.println(closingLine(snapshot, errors, problems.size() - errors));
    }
    out.flush();
    return errors == 0 ? 0 : 1;
  }

  private static String closingLine(ResourceSnapshot snapshot, long errors, long warnings) {
    return "%s, %s: %s, %s"
        .formatted(
            count(snapshot.providers().size(), "provider"),
            count(snapshot.routes().size(), "route"),
            count(errors, "error"),
            count(warnings, "warning"));
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private static ArrayNode array(List<Problem> problems) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Problem problem : problems) {
      ObjectNode object = array.addObject();
      object.put("severity", problem.severity().name().toLowerCase(Locale.ROOT));
      if (problem.resource() != null) {
        object.put("kind", problem.resource().kind());
        object.put("namespace", problem.resource().namespace());
        object.put("name", problem.resource().name());
      }
      object.put("reason", problem.reason());
      object.put("path", problem.path());
      object.put("message", problem.message());
      if (problem.location() != null) {
        object.put("file", problem.location().file());
        object.put("line", problem.location().line());
      }
    }
    return array;
  }
}

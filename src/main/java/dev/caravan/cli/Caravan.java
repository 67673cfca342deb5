package dev.caravan.cli;

import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point: the commands of {@code caravan}. */
@QuarkusMain
@Command(
    name = "caravan",
    description = "LLM traffic management for Kubernetes.",
    mixinStandardHelpOptions = true,
    version = "caravan 0.1.0",
    subcommands = {RunCommand.class, CheckCommand.class, CommandLine.HelpCommand.class})
public final class Caravan implements Runnable {
  @Spec private CommandSpec spec;

  public static void main(String[] args) {
    // Quarkus' log manager must be there before anything asks for a logger.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    System.exit(commandLine().execute(args));
  }

  /**
   * The commands, ready to be executed: a usage error is one sentence on stderr and exit code 2.
   */
  static CommandLine commandLine() {
    return new CommandLine(new Caravan())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Caravan::usageError);
  }

  private static int usageError(ParameterException error, String[] args) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.printf("%s: %s (see %s --help)%n", name, sentence(error), name);
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  private static String sentence(ParameterException error) {
    if (error instanceof UnmatchedArgumentException unmatched) {
      String argument = unmatched.getUnmatched().getFirst();
      String what = argument.startsWith("-") ? "option" : "command";
      List<String> meant = unmatched.getSuggestions();
      return "there is no %s %s%s"
          .formatted(
              what, argument, meant.isEmpty() ? "" : "; did you mean " + meant.getFirst() + "?");
    }
    return error.getMessage().strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** Without a command. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}

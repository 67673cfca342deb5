package dev.caravan.cli;

import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
    err.printf(
        "%s: %s (see %s --help)%n",
        name, error.getMessage().strip().replaceAll("\\s*\\R\\s*", " "), name);
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  /** Without a command. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}

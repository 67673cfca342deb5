package dev.caravan.cli;

import io.quarkus.runtime.annotations.QuarkusMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point. */
@QuarkusMain
@Command(name = "caravan", subcommands = RunCommand.class)
public final class Caravan {
  public static void main(String[] args) {
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    System.exit(new CommandLine(new Caravan()).execute(args));
  }
}

package dev.caravan.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The API server as a process of its own, for trying things out with kubectl. */
public final class Main {
  private static final String USAGE =
      """
      usage: java -cp ... dev.caravan.cluster.Main --kubeconfig FILE [OPTION...]
        --kubeconfig FILE        write the kubeconfig of an administrator there
        --crds PATH              kubectl apply -f PATH; may be repeated
        --controller-manager     run kube-controller-manager, too (deletes namespaces)""";

  private final ApiServer.Builder builder = ApiServer.builder();
  private final List<String> arguments;
  private final List<Path> definitions = new ArrayList<>();
  private Path kubeconfig;

  private Main(List<String> arguments) {
    this.arguments = arguments;
  }

  /**
   * Starts an API server and runs until the process is ended. Exit 2 for options it does not know,
   * 1 where there are no binaries.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Main main = new Main(List.of(args));
    try {
      main.read();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.println(USAGE);
      System.exit(2);
    }
    ApiServer.whyNotAvailable()
        .ifPresent(
            reason -> {
              System.err.println(reason);
              System.exit(1);
            });
    main.run();
  }

  private void read() {
    for (int i = 0; i < arguments.size(); i++) {
      switch (arguments.get(i)) {
        case "--kubeconfig" -> kubeconfig = Path.of(value(++i));
        case "--crds" -> definitions.add(Path.of(value(++i)));
        case "--controller-manager" -> builder.withControllerManager();
        default -> throw new IllegalArgumentException("unknown option " + arguments.get(i));
      }
    }
    if (kubeconfig == null) {
      throw new IllegalArgumentException("--kubeconfig is required");
    }
  }

  private void run() throws IOException, InterruptedException {
    // Its own shutdown hook closes it.
    @SuppressWarnings("resource")
    ApiServer server = builder.start();
    definitions.forEach(server::install);
    Files.copy(server.kubeconfig(), kubeconfig, StandardCopyOption.REPLACE_EXISTING);
    System.out.println("cluster ready: export KUBECONFIG=" + kubeconfig);
    new CountDownLatch(1).await();
  }

  private String value(int index) {
    if (index >= arguments.size()) {
      throw new IllegalArgumentException(arguments.getLast() + " needs a value");
    }
    return arguments.get(index);
  }
}

package dev.caravan.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.emulator.CertificateAuthority;
import dev.caravan.emulator.CertificateAuthority.Credential;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A Kubernetes API server of its own: etcd and kube-apiserver on 127.0.0.1, with RBAC, without
 * nodes. All its files are in a temporary directory that {@link #close} deletes; so does the end of
 * the JVM. A start takes about 4 s and 350 MB of memory.
 */
public final class ApiServer implements AutoCloseable {
  /** An audit policy that logs who did what to Secrets, and never what was in them. */
  public static final String AUDIT_SECRETS =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: Metadata
        resources: [{group: "", resources: [secrets]}]
      - level: None
      """;

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Binaries binaries = Binaries.find();
  private final Path directory;
  private final CertificateAuthority authority = new CertificateAuthority();
  private final int port = Ports.free();
  private final int etcdPort = Ports.free();
  private final Kubeconfig kubeconfigs =
      new Kubeconfig("https://127.0.0.1:" + port, authority.caPem());
  private final boolean auditing;
  private final Path admin;
  private final Kubectl kubectl;
  private final Readiness readiness = new Readiness(port, authority);
  private final Daemon etcd;
  private Daemon apiServer;
  private Daemon controllerManager;

  private ApiServer(Builder builder) {
    try {
      directory = Files.createTempDirectory("caravan-cluster");
      writeCredentials();
      auditing = builder.auditPolicy != null;
      if (auditing) {
        Files.writeString(file("audit.yaml"), builder.auditPolicy);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Credential user = authority.issueClient("admin", "system:masters");
    admin = Kubeconfig.write(file("admin.kubeconfig"), kubeconfigs.with(user));
    kubectl = new Kubectl(binaries.kubectl(), file("kubectl-cache"));
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    etcd = Daemon.start(file("etcd.log"), etcdCommand());
    apiServer = Daemon.start(file("kube-apiserver.log"), apiServerCommand());
    awaitReady();
    if (builder.controllerManager) {
      controllerManager =
          Daemon.start(file("kube-controller-manager.log"), controllerManagerCommand());
    }
  }

  /** With nothing switched on. */
  public static ApiServer start() {
    return builder().start();
  }

  public static Builder builder() {
    return new Builder();
  }

  /**
   * A sentence that says why no API server can be started on this machine: there are no binaries
   * and they cannot be downloaded. Empty if they are there. May take the time of a download.
   */
  public static Optional<String> whyNotAvailable() {
    try {
      Binaries.find();
      return Optional.empty();
    } catch (IllegalStateException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Likewise for {@link Builder#withControllerManager}. */
  public static Optional<String> whyNoControllerManager() {
    try {
      Binaries.find().controllerManager();
      return Optional.empty();
    } catch (IllegalStateException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** What is switched on. */
  public static final class Builder {
    private String auditPolicy;
    private boolean controllerManager;

    private Builder() {}

    /**
     * Has requests logged, as {@link #auditLog} then tells.
     *
     * @param yaml a policy such as {@link #AUDIT_SECRETS}
     */
    public Builder auditPolicy(String yaml) {
      auditPolicy = yaml;
      return this;
    }

    /** With what makes namespaces go away and gives each one its default ServiceAccount. */
    public Builder withControllerManager() {
      controllerManager = true;
      return this;
    }

    /**
     * Returns when the API server is ready.
     *
     * @throws IllegalStateException with the end of its log, if it does not get ready
     */
    public ApiServer start() {
      return new ApiServer(this);
    }
  }

  /** The API server's address: {@code https://127.0.0.1:PORT}. */
  public String url() {
    return kubeconfigs.server();
  }

  /** The kubeconfig file of one who may do everything. */
  public Path kubeconfig() {
    return admin;
  }

  /**
   * A new kubeconfig file of a ServiceAccount, with a token for an hour; namespace and account are
   * created if absent.
   */
  public Path kubeconfigOf(String namespace, String serviceAccount) {
    return kubeconfigOf(namespace, serviceAccount, Duration.ofHours(1));
  }

  /**
   * Likewise.
   *
   * @param tokenLifetime at least 10 minutes, which is the API server's own limit
   */
  public Path kubeconfigOf(String namespace, String serviceAccount, Duration tokenLifetime) {
    String token = tokenOf(namespace, serviceAccount, tokenLifetime);
    try {
      Path file = Files.createTempFile(directory, serviceAccount + "-", ".kubeconfig");
      return Kubeconfig.write(file, kubeconfigs.with(namespace, token));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new token of a ServiceAccount; namespace and account are created if absent. */
  public String tokenOf(String namespace, String serviceAccount, Duration lifetime) {
    apply(
        """
        {apiVersion: v1, kind: Namespace, metadata: {name: %1$s}}
        ---
        {apiVersion: v1, kind: ServiceAccount, metadata: {name: %2$s, namespace: %1$s}}
        """
            .formatted(namespace, serviceAccount));
    String duration = "--duration=" + lifetime.toSeconds() + "s";
    return kubectl("create", "token", serviceAccount, "--namespace=" + namespace, duration)
        .orFail()
        .text();
  }

  /**
   * Puts another token into a kubeconfig file of {@link #kubeconfigOf}, in one step. Any text will
   * do: a token that is none is refused with 401.
   */
  public void replaceToken(Path kubeconfig, String namespace, String token) {
    Kubeconfig.write(kubeconfig, kubeconfigs.with(namespace, token));
  }

  /** Runs kubectl as the one who may do everything. */
  public Result kubectl(String... arguments) {
    return kubectl.run(admin, "", arguments);
  }

  /** Likewise, with text on its standard input ({@code -f -}). */
  public Result kubectlReading(String input, String... arguments) {
    return kubectl.run(admin, input, arguments);
  }

  /** Runs kubectl as the user of that kubeconfig file. */
  public Result kubectlAs(Path kubeconfig, String... arguments) {
    return kubectl.run(kubeconfig, "", arguments);
  }

  /**
   * {@code kubectl apply}.
   *
   * @param yaml one or more manifests
   * @throws IllegalStateException with what kubectl printed, if it fails
   */
  public void apply(String yaml) {
    kubectlReading(yaml, "apply", "-f", "-").orFail();
  }

  /**
   * {@code kubectl apply} of custom resource definitions; returns when their resources are served.
   *
   * @param definitions a file, or a directory of files
   * @throws IllegalStateException with what kubectl printed, if it fails
   */
  public void install(Path definitions) {
    String files = "--filename=" + definitions;
    kubectl("apply", files).orFail();
    kubectl("wait", "--for=condition=Established", "--timeout=30s", files).orFail();
  }

  /** Ends kube-apiserver with SIGKILL; etcd goes on, so that nothing is lost. */
  public synchronized void kill() {
    apiServer.kill();
  }

  /** Starts kube-apiserver again, on the same port; returns when it is ready. */
  public synchronized void restart() {
    apiServer.kill();
    apiServer = Daemon.start(file("kube-apiserver.log"), apiServerCommand());
    awaitReady();
  }

  /** Resident memory of kube-apiserver in bytes. */
  public synchronized long rssBytes() {
    return apiServer.rssBytes();
  }

  /**
   * Time that kube-apiserver has spent on a CPU since it was started, to a hundredth of a second.
   */
  public synchronized Duration cpu() {
    return apiServer.cpu();
  }

  /** The audit events so far, in order; an event is there before its request is answered. */
  public List<JsonNode> auditLog() {
    if (!auditing) {
      throw new IllegalStateException("started without an audit policy");
    }
    Path log = file("audit.log");
    List<JsonNode> events = new ArrayList<>();
    try {
      // None yet: the file comes with the first event.
      for (String line : Files.exists(log) ? Files.readAllLines(log) : List.<String>of()) {
        events.add(JSON.readTree(line));
      }
      return events;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kills the processes and deletes their files; a second call does nothing. */
  @Override
  public synchronized void close() {
    Stream.of(controllerManager, apiServer, etcd)
        .filter(daemon -> daemon != null)
        .forEach(Daemon::kill);
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() {
    if (!readiness.await(PATIENCE, () -> etcd.isAlive() && apiServer.isAlive())) {
      String logs = "etcd:\n" + etcd.logTail() + "\nkube-apiserver:\n" + apiServer.logTail();
      close();
      throw new IllegalStateException("the API server did not get ready; " + logs);
    }
  }

  private void writeCredentials() throws IOException {
    Credential server = authority.issueServer("127.0.0.1");
    Files.writeString(file("ca.crt"), authority.caPem());
    Files.writeString(file("server.crt"), server.certificatePem());
    Files.writeString(file("server.key"), server.keyPem());
    Credential tokens = authority.issueClient("service-accounts");
    Files.writeString(file("tokens.crt"), tokens.certificatePem());
    Files.writeString(file("tokens.key"), tokens.keyPem());
  }

  private List<String> etcdCommand() {
    String clients = "http://127.0.0.1:" + etcdPort;
    String peers = "http://127.0.0.1:" + Ports.free();
    return List.of(
        binaries.etcd().toString(),
        "--data-dir=" + file("etcd"),
        "--unsafe-no-fsync",
        "--log-level=error",
        "--listen-client-urls=" + clients,
        "--advertise-client-urls=" + clients,
        "--listen-peer-urls=" + peers,
        "--initial-advertise-peer-urls=" + peers,
        "--initial-cluster=default=" + peers);
  }

  private List<String> apiServerCommand() {
    List<String> command =
        new ArrayList<>(
            List.of(
                binaries.apiServer().toString(),
                "--etcd-servers=http://127.0.0.1:" + etcdPort,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--tls-cert-file=" + file("server.crt"),
                "--tls-private-key-file=" + file("server.key"),
                "--client-ca-file=" + file("ca.crt"),
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + file("tokens.crt"),
                "--service-account-signing-key-file=" + file("tokens.key"),
                "--service-cluster-ip-range=10.0.0.0/24",
                "--authorization-mode=RBAC",
                "--allow-privileged=true"));
    if (auditing) {
      command.add("--audit-policy-file=" + file("audit.yaml"));
      command.add("--audit-log-path=" + file("audit.log"));
      // The default, batch for the log of a webhook only: an event is written before the answer.
      command.add("--audit-log-mode=blocking");
    }
    return command;
  }

  private List<String> controllerManagerCommand() {
    return List.of(
        binaries.controllerManager().toString(),
        "--kubeconfig=" + admin,
        "--bind-address=127.0.0.1",
        "--secure-port=" + Ports.free(),
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        "--root-ca-file=" + file("ca.crt"),
        "--service-account-private-key-file=" + file("tokens.key"),
        // Its own limit of 20 requests a second makes it slow to start.
        "--kube-api-qps=1000",
        "--kube-api-burst=2000",
        "--flex-volume-plugin-dir=" + file("volume-plugins"));
  }

  private Path file(String name) {
    return directory.resolve(name);
  }
}

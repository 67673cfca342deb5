package dev.caravan.it;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.emulator.Emulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The packaged application as a process of its own, one a test class, in front of an emulator that
 * it owns.
 *
 * <pre>{@code
 * static final Emulator PROVIDER = Emulator.start();
 *
 * @RegisterExtension
 * static final CaravanProcess CARAVAN =
 *     CaravanProcess.before(PROVIDER).serving(provider("a.test").model("m1")).build();
 * }</pre>
 *
 * <p>After each test nothing may be in flight, nothing leaked, and no error logged; then the
 * emulator forgets. Tests share the process and keep apart by host name.
 */
public final class CaravanProcess
    implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  /** What the process is started with. */
  public static final class Builder {
    private final Emulator provider;
    private final Map<String, String> manifests = new LinkedHashMap<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> jvm =
        new ArrayList<>(
            List.of(
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dio.netty.leakDetection.level=paranoid"));
    private final List<Pattern> tolerated = new ArrayList<>();
    private final List<String> wrapper = new ArrayList<>();
    private String warmUpHost;
    private Supplier<Path> kubeconfig;
    private Supplier<Path> configKubeconfig;

    private Builder(Emulator provider) {
      this.provider = provider;
    }

    /** Serves providers from the start; their hosts resolve to the emulator. */
    public Builder serving(ProviderManifest... providers) {
      return servingFrom(provider.address(), providers);
    }

    /** Serves providers from the start; their hosts resolve to an address and port. */
    public Builder servingFrom(String address, ProviderManifest... providers) {
      for (ProviderManifest each : providers) {
        manifest(each.fileName(), each.yaml());
        resolvingTo(each.host(), address);
      }
      return this;
    }

    /** A manifest that is there from the start. */
    public Builder manifest(String file, String yaml) {
      manifests.put(file, yaml);
      return this;
    }

    /** Hosts that resolve to the emulator. */
    public Builder resolving(String... hosts) {
      for (String host : hosts) {
        resolvingTo(host, provider.address());
      }
      return this;
    }

    /** A host that resolves to an address and port. */
    public Builder resolvingTo(String host, String address) {
      return option("--resolve", host + "=" + address);
    }

    /** Reads an API server instead of manifests; the file is asked for when the process starts. */
    public Builder reading(Supplier<Path> chosen) {
      kubeconfig = chosen;
      return this;
    }

    /** The cluster with the two kinds, where it is not the one that is {@link #reading read}. */
    public Builder configuredBy(Supplier<Path> chosen) {
      configKubeconfig = chosen;
      return this;
    }

    /** More of the command line. */
    public Builder option(String... more) {
      options.addAll(List.of(more));
      return this;
    }

    /** More flags for the JVM; of contradicting ones the last counts. */
    public Builder jvm(String... more) {
      jvm.addAll(List.of(more));
      return this;
    }

    /** Log lines with this in them are no error. */
    public Builder tolerating(String regex) {
      tolerated.add(Pattern.compile(regex));
      return this;
    }

    /** A command that runs the process' own, given as its last arguments. */
    public Builder within(String... command) {
      wrapper.addAll(List.of(command));
      return this;
    }

    /**
     * Calls this host, over and over until it answers, before the first test: a first call loads
     * classes and libraries, which takes longer than short clocks allow.
     */
    public Builder warmedUpBy(String host) {
      warmUpHost = host;
      return this;
    }

    /** The process, to be started by JUnit. */
    public CaravanProcess build() {
      return new CaravanProcess(this);
    }
  }

  private static final List<String> GAUGES =
      List.of("caravan_requests_inflight", "caravan_upstream_connections_active");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration START = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration SETTLING = Duration.ofSeconds(5);
  private static final Pattern ERROR = Pattern.compile("\\bERROR\\b|^\\s+at [\\w.$/]+\\(");

  private final Emulator provider;
  private final Builder builder;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int port = freePort();
  private final int managementPort = freePort();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private Path directory;
  private Process process;
  private int generation;
  private int looked;

  private CaravanProcess(Builder builder) {
    this.builder = builder;
    this.provider = builder.provider;
  }

  /** A process in front of the emulator, which it closes at the end. */
  public static Builder before(Emulator provider) {
    return new Builder(provider);
  }

  /** The traffic port on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** The management port on 127.0.0.1. */
  public int managementPort() {
    return managementPort;
  }

  /** The process, to send it signals or to look at it from outside. */
  public Process process() {
    return process;
  }

  /** A connection to the traffic port. */
  public RawClient connect() throws IOException {
    return RawClient.connect(port);
  }

  /** Posts JSON to a host; headers as name, value, name, value. */
  public HttpResponse<String> post(String host, String json, String... headers) {
    return send(request(host, "/", headers).POST(BodyPublishers.ofString(json)));
  }

  /** Gets a path of a host; headers as name, value, name, value. */
  public HttpResponse<String> get(String host, String path, String... headers) {
    return send(request(host, path, headers).GET());
  }

  /** A request to the traffic port with the host in its Host header. */
  public HttpRequest.Builder request(String host, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(PATIENCE)
            .header("host", host)
            .header("content-type", "application/json");
    return headers.length == 0 ? request : request.headers(headers);
  }

  /** Sends a request and reads its answer whole. */
  public HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Writes a manifest as an editor or a deployer does: beside, then renamed into place. */
  public void write(String file, String yaml) {
    try {
      Path written = Files.writeString(directory.resolve("beside"), yaml);
      Files.move(
          written,
          manifests().resolve(file),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a provider's manifest. */
  public void write(ProviderManifest manifest) {
    write(manifest.fileName(), manifest.yaml());
  }

  /** Deletes a manifest. */
  public void delete(String file) {
    try {
      Files.delete(manifests().resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Replaces the content of the mounted ConfigMap as the kubelet does: a new directory, and {@code
   * ..data} swung over to it.
   */
  public void swapConfigMap(Map<String, String> content) {
    try {
      Path mount = configMap();
      Path fresh = Files.createDirectory(mount.resolve("..generation_" + ++generation));
      for (Map.Entry<String, String> file : content.entrySet()) {
        Files.writeString(fresh.resolve(file.getKey()), file.getValue());
      }
      Path swing = mount.resolve("..data_tmp");
      Files.createSymbolicLink(swing, fresh.getFileName());
      Files.move(swing, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
      for (String file : content.keySet()) {
        Path link = mount.resolve(file);
        if (!Files.isSymbolicLink(link)) {
          Files.createSymbolicLink(link, Path.of("..data", file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the process has printed so far, standard output and error together. */
  public List<String> lines() {
    return List.copyOf(lines);
  }

  /** Waits for a printed line. */
  public String awaitLine(Predicate<String> wanted) {
    try {
      return await()
          .atMost(PATIENCE)
          .until(() -> lines.stream().filter(wanted).findFirst(), Optional::isPresent)
          .orElseThrow();
    } catch (ConditionTimeoutException e) {
      throw trouble("no such line was printed");
    }
  }

  /** Waits for the access-log line of a request whose model this was. */
  public JsonNode awaitAccess(String model) {
    return awaitAccesses(model, 1).getFirst();
  }

  /** Waits for {@code count} access-log lines of requests whose model this was. */
  public List<JsonNode> awaitAccesses(String model, int count) {
    try {
      return await().atMost(PATIENCE).until(() -> accesses(model), all -> all.size() >= count);
    } catch (ConditionTimeoutException e) {
      throw trouble("fewer than " + count + " access-log lines with model " + model);
    }
  }

  /** The sum of a metric's samples over all labels; empty if there is none. */
  public OptionalDouble metric(String name) {
    double[] samples =
        management("/q/metrics")
            .body()
            .lines()
            .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .toArray();
    return samples.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Arrays.stream(samples).sum());
  }

  /** Gets a path of the management port. */
  public HttpResponse<String> management(String path) {
    return send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + path))
            .timeout(PATIENCE));
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    directory = Files.createTempDirectory("caravan-it");
    Files.createDirectory(manifests());
    Files.createDirectory(configMap());
    builder.manifests.forEach(this::write);
    provider.writeCa(directory.resolve("ca.pem"));
    process = new ProcessBuilder(command()).redirectErrorStream(true).start();
    Thread.ofVirtual().start(this::read);
    awaitReady();
    warmUp();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    try {
      if (!process.isAlive()) {
        throw trouble("the process ended during the test, exit code " + process.exitValue());
      }
      assertSettled();
      assertNoTrouble();
    } finally {
      provider.reset();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    try {
      // One that never came up has said so already.
      if (process != null && process.isAlive()) {
        assertMeasured();
        collectGarbage();
        assertNoTrouble();
      }
    } finally {
      stop();
      provider.close();
      http.close();
      delete(directory);
    }
  }

  private List<String> command() {
    Path jar = Path.of(System.getProperty("caravan.jar", "../target/caravan-runner.jar"));
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "no packaged application at " + jar.toAbsolutePath() + ": run ./mvnw package first");
    }
    List<String> command = new ArrayList<>(builder.wrapper);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(builder.jvm);
    command.addAll(List.of("-jar", jar.toString(), "run"));
    command.addAll(
        builder.kubeconfig == null
            ? List.of(manifests().toString(), configMap().toString())
            : List.of("--kubeconfig", builder.kubeconfig.get().toString()));
    if (builder.configKubeconfig != null) {
      command.addAll(List.of("--config-kubeconfig", builder.configKubeconfig.get().toString()));
    }
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--management-port", Integer.toString(managementPort)));
    command.addAll(List.of("--ca", directory.resolve("ca.pem").toString()));
    command.addAll(builder.options);
    return command;
  }

  private void read() {
    try (BufferedReader out = process.inputReader()) {
      out.lines().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      lines.add("(output ended: " + e.getMessage() + ")");
    }
  }

  private void awaitReady() {
    try {
      await()
          .atMost(START)
          .pollInterval(Duration.ofMillis(20))
          .until(
              () ->
                  !process.isAlive()
                      || lines.stream().anyMatch(line -> line.contains("caravan ready on")));
      if (!process.isAlive()) {
        throw trouble("the process ended at once, exit code " + process.exitValue());
      }
      await().atMost(PATIENCE).until(() -> management("/q/health/ready").statusCode() == 200);
    } catch (ConditionTimeoutException e) {
      stop();
      throw trouble("not ready within " + START.toSeconds() + " s");
    }
  }

  private void warmUp() {
    if (builder.warmUpHost == null) {
      return;
    }
    // More than one, so that every event loop has its turn.
    for (int i = 0; i < 8; i++) {
      await()
          .atMost(START)
          .until(() -> post(builder.warmUpHost, "{\"messages\":[]}").statusCode() == 200);
    }
    provider.reset();
  }

  private void assertSettled() {
    for (String gauge : GAUGES) {
      try {
        await().atMost(SETTLING).until(() -> metric(gauge).orElse(0) == 0);
      } catch (ConditionTimeoutException e) {
        throw trouble(gauge + " is " + metric(gauge).orElse(0) + " after the test, not 0");
      }
    }
  }

  /** So that {@link #assertSettled} cannot hold only because a gauge has another name. */
  private void assertMeasured() {
    for (String gauge : GAUGES) {
      if (metric(gauge).isEmpty()) {
        throw trouble("there is no gauge " + gauge);
      }
    }
  }

  private void assertNoTrouble() {
    // Only what is new, so that one trouble is not every later test's too.
    List<String> printed = lines();
    List<String> fresh = printed.subList(looked, printed.size());
    looked = printed.size();
    for (String line : fresh) {
      boolean leak = line.contains("LEAK:");
      boolean error = !line.startsWith("{") && ERROR.matcher(line).find();
      if (leak
          || error && builder.tolerated.stream().noneMatch(each -> each.matcher(line).find())) {
        throw trouble("unexpected in the log: " + line);
      }
    }
  }

  /** Netty reports a leaked buffer when, after its collection, another buffer is allocated. */
  private void collectGarbage() throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    String pid = Long.toString(process.pid());
    new ProcessBuilder(jcmd.toString(), pid, "GC.run")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
    for (int i = 0; i < 20; i++) {
      management("/q/health/ready");
      get("nowhere.invalid", "/");
    }
  }

  private void stop() {
    if (process == null) {
      return;
    }
    process.destroy();
    try {
      if (!process.waitFor(SETTLING.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private List<JsonNode> accesses(String model) {
    List<JsonNode> found = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("{") && line.contains("\"request_model\"")) {
        JsonNode access = json(line);
        if (access.path("request_model").asText().equals(model)) {
          found.add(access);
        }
      }
    }
    return found;
  }

  private JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw trouble("an access-log line is no JSON: " + line);
    }
  }

  private AssertionError trouble(String what) {
    List<String> printed = lines();
    List<String> tail = printed.subList(Math.max(0, printed.size() - 40), printed.size());
    return new AssertionError(what + "; the process printed:\n  " + String.join("\n  ", tail));
  }

  private Path manifests() {
    return directory.resolve("manifests");
  }

  private Path configMap() {
    return directory.resolve("configmap");
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}

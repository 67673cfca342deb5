package dev.caravan.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * An LLM provider on loopback: answers as OpenAI's API does, tells what it received, and does what
 * scripts say instead where there are any.
 *
 * <pre>{@code
 * try (Emulator provider = Emulator.start()) {
 *   provider.when(Match.host("p.test")).once(Script.status(429).header("retry-after", "2"));
 *   ...
 *   ReceivedRequest request = provider.awaitRequest(Match.host("p.test"));
 * }
 * }</pre>
 */
public final class Emulator implements AutoCloseable {
  /** What an emulator is to be like. */
  public static final class Builder {
    private final List<String> addresses = new ArrayList<>(List.of("127.0.0.1"));
    private int port;
    private boolean plain;
    private boolean demandsClientCertificate;
    private boolean requiresAuthorization;
    private Presented presented = Presented.VALID;
    private CertificateAuthority authority;
    private int keptBytes = 4 << 20;
    private int remembered = 10_000;

    private Builder() {}

    /** The port, the same on every address; 0, the default, for any free one. */
    public Builder port(int chosen) {
      port = chosen;
      return this;
    }

    /** The loopback addresses to listen on; 127.0.0.1 alone by default. */
    public Builder addresses(String... chosen) {
      addresses.clear();
      addresses.addAll(List.of(chosen));
      return this;
    }

    /** Plain HTTP instead of HTTPS. */
    public Builder plain() {
      plain = true;
      return this;
    }

    /** Demands a client certificate signed by the emulator's authority. */
    public Builder demandingClientCertificate() {
      demandsClientCertificate = true;
      return this;
    }

    /** Answers 401 to a request without authorization. */
    public Builder requiringAuthorization() {
      requiresAuthorization = true;
      return this;
    }

    /** The certificate to show; a valid one by default. */
    public Builder presenting(Presented chosen) {
      presented = chosen;
      return this;
    }

    /** An authority shared with another emulator. */
    public Builder authority(CertificateAuthority shared) {
      authority = shared;
      return this;
    }

    /** How many bytes of each request body are kept; 4 MiB by default. */
    public Builder keepingBodyBytes(int bytes) {
      keptBytes = bytes;
      return this;
    }

    /** How many requests are remembered; the last 10,000 by default. */
    public Builder rememberingRequests(int count) {
      remembered = count;
      return this;
    }

    /** Starts the emulator; it takes connections when this returns. */
    public Emulator start() {
      Emulator emulator = new Emulator(this);
      emulator.accept();
      return emulator;
    }
  }

  private static final int BACKLOG = 1024;

  private final CertificateAuthority authority;
  private final SSLContext tls;
  private final boolean demandsClientCertificate;
  private final int keptBytes;
  private final int remembered;
  private final OpenAi openAi;
  private final List<ServerSocket> listeners;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connectionNumbers = new AtomicInteger();
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final Map<String, Gate> gates = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> calls = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition received = lock.newCondition();
  private final Deque<ReceivedRequest> requests = new ArrayDeque<>();
  private final Deque<String> failures = new ArrayDeque<>();

  private Emulator(Builder builder) {
    authority = builder.authority == null ? new CertificateAuthority() : builder.authority;
    tls = builder.plain ? null : ServerTls.context(authority, builder.presented);
    demandsClientCertificate = builder.demandsClientCertificate;
    keptBytes = builder.keptBytes;
    remembered = builder.remembered;
    openAi = new OpenAi(builder.requiresAuthorization);
    listeners = listen(builder.addresses, builder.port);
  }

  /** An HTTPS emulator on a free port of 127.0.0.1. */
  public static Emulator start() {
    return builder().start();
  }

  /** An emulator of another kind. */
  public static Builder builder() {
    return new Builder();
  }

  /** The port, the same on every address. */
  public int port() {
    return listeners.getFirst().getLocalPort();
  }

  /** The first address and the port, as {@code --resolve} wants it. */
  public String address() {
    return listeners.getFirst().getInetAddress().getHostAddress() + ":" + port();
  }

  /** The authority that signs this emulator's certificates. */
  public CertificateAuthority authority() {
    return authority;
  }

  /** Writes the authority's certificate, PEM. */
  public void writeCa(Path file) {
    authority.writeCa(file);
  }

  /** A new rule for the requests whose head the predicate picks; it goes before all older ones. */
  public Rule when(Predicate<ReceivedRequest> head) {
    Rule rule = new Rule(head);
    rules.addFirst(rule);
    return rule;
  }

  /** The gate of that name; scripts and test meet at it in any order. */
  public Gate gate(String name) {
    return gates.computeIfAbsent(name, Gate::new);
  }

  /** What was received since the last {@link #reset()}, oldest first. */
  public List<ReceivedRequest> requests() {
    lock.lock();
    try {
      return List.copyOf(requests);
    } finally {
      lock.unlock();
    }
  }

  /** What was received since the last {@link #reset()} and the predicate picks, oldest first. */
  public List<ReceivedRequest> requests(Predicate<ReceivedRequest> wanted) {
    return requests().stream().filter(wanted).toList();
  }

  /**
   * Waits for the first request that the predicate picks.
   *
   * @throws AssertionError if there is none within ten seconds
   */
  public ReceivedRequest awaitRequest(Predicate<ReceivedRequest> wanted) {
    return awaitRequests(wanted, 1).getFirst();
  }

  /**
   * Waits for {@code count} requests that the predicate picks.
   *
   * @throws AssertionError if there are fewer within ten seconds
   */
  public List<ReceivedRequest> awaitRequests(Predicate<ReceivedRequest> wanted, int count) {
    long left = Duration.ofSeconds(10).toNanos();
    lock.lock();
    try {
      List<ReceivedRequest> found = requests(wanted);
      while (found.size() < count) {
        if (left <= 0) {
          throw new AssertionError(
              "received " + found.size() + " such requests, not " + count + "; all: " + requests);
        }
        left = received.awaitNanos(left);
        found = requests(wanted);
      }
      return found;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted before the request came", e);
    } finally {
      lock.unlock();
    }
  }

  /** Calls since the last {@link #reset()}, by the host they were for. */
  public Map<String, Long> calls() {
    Map<String, Long> counts = new TreeMap<>();
    calls.forEach((host, count) -> counts.put(host, count.sum()));
    return counts;
  }

  /** Calls since the last {@link #reset()} for one host. */
  public long calls(String host) {
    return calls().getOrDefault(host, 0L);
  }

  /** Connections open now. */
  public int openConnections() {
    return connections.size();
  }

  /** Connections accepted since the start. */
  public int connectionsAccepted() {
    return connectionNumbers.get();
  }

  /** Closes the connections on which no request is under way, as a provider does when idle. */
  public void closeIdleConnections() {
    connections.forEach(Connection::closeIfIdle);
  }

  /** Why connections ended early, refused handshakes among them; the last hundred. */
  public List<String> failures() {
    lock.lock();
    try {
      return List.copyOf(failures);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets rules, gates, requests and counts, and ends what is still under way. */
  public void reset() {
    rules.clear();
    for (Connection connection : connections) {
      if (!connection.idle()) {
        connection.abandon();
      }
    }
    gates.values().forEach(Gate::open);
    gates.clear();
    calls.clear();
    lock.lock();
    try {
      requests.clear();
      failures.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Stops listening and ends every connection. */
  @Override
  public void close() {
    for (ServerSocket listener : listeners) {
      try {
        listener.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    connections.forEach(Connection::abandon);
    gates.values().forEach(Gate::open);
  }

  int keptBytes() {
    return keptBytes;
  }

  Rule.Choice choose(ReceivedRequest request) {
    for (Rule rule : rules) {
      var choice = rule.choose(request);
      if (choice.isPresent()) {
        return choice.get();
      }
    }
    return new Rule.Choice(null, openAi::answer);
  }

  /** The chosen script; one that cannot be made is told to the client rather than to nobody. */
  Script script(Rule.Choice choice, ReceivedRequest request) {
    try {
      return choice.scriptFor(request);
    } catch (RuntimeException e) {
      return Script.status(500).error("the emulator's script failed: " + e, "emulator");
    }
  }

  Socket secure(Socket raw) throws IOException {
    if (tls == null) {
      return raw;
    }
    SSLSocket secure =
        (SSLSocket)
            tls.getSocketFactory()
                .createSocket(raw, raw.getInetAddress().getHostAddress(), raw.getPort(), true);
    secure.setUseClientMode(false);
    secure.setNeedClientAuth(demandsClientCertificate);
    secure.startHandshake();
    return secure;
  }

  void received(ReceivedRequest request) {
    calls.computeIfAbsent(request.host(), host -> new LongAdder()).increment();
    lock.lock();
    try {
      requests.add(request);
      if (requests.size() > remembered) {
        requests.remove();
      }
      received.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void failed(IOException cause) {
    lock.lock();
    try {
      failures.add(cause.toString());
      if (failures.size() > 100) {
        failures.remove();
      }
    } finally {
      lock.unlock();
    }
  }

  void closed(Connection connection) {
    connections.remove(connection);
  }

  private void accept() {
    listeners.forEach(
        listener -> Thread.ofVirtual().name("emulator-accept").start(() -> accept(listener)));
  }

  private void accept(ServerSocket listener) {
    while (!listener.isClosed()) {
      try {
        Connection connection =
            new Connection(this, listener.accept(), connectionNumbers.incrementAndGet());
        connections.add(connection);
        Thread.ofVirtual().name("emulator-connection").start(connection);
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  private static List<ServerSocket> listen(List<String> addresses, int port) {
    List<ServerSocket> listeners = new ArrayList<>();
    int chosen = port;
    try {
      for (String address : addresses) {
        InetAddress loopback = InetAddress.getByName(address);
        if (!loopback.isLoopbackAddress()) {
          throw new IllegalArgumentException("the emulator listens on loopback only: " + address);
        }
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(loopback, chosen), BACKLOG);
        chosen = listener.getLocalPort();
        listeners.add(listener);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on " + addresses + " port " + chosen, e);
    }
    return List.copyOf(listeners);
  }
}

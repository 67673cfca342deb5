package dev.caravan.http;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;

/**
 * {@code upstream:https://host[:port]}: calls a provider without blocking and hands the answer to
 * the {@link Relay} as a stream, in the way of Camel's vertx-http, which cannot stream. Its
 * producer works only in exchanges of {@link CaravanHttpEngine}.
 */
public class UpstreamComponent extends DefaultComponent {
  private final Vertx vertx;
  private final UpstreamAddresses addresses;
  private final TrustOptions defaultTrust;
  private final Map<String, TlsSettings> tls = new ConcurrentHashMap<>();
  private final Map<TlsSettings, UpstreamClients> clients = new ConcurrentHashMap<>();
  private final Map<String, UpstreamHost> hosts = new ConcurrentHashMap<>();

  /**
   * @param resolve from {@code host} or {@code host:port} to the address to connect to instead
   * @param defaultTrust null = the JVM's
   */
  public UpstreamComponent(
      Vertx vertx, Map<String, SocketAddress> resolve, TrustOptions defaultTrust) {
    this.vertx = vertx;
    this.addresses = new UpstreamAddresses(resolve);
    this.defaultTrust = defaultTrust;
    tls.put("", TlsSettings.VERIFIED);
  }

  /** Gives TLS settings the name by which an endpoint's option {@code tls} refers to them. */
  public void register(String name, TlsSettings settings) {
    tls.put(name, settings);
  }

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    URI target = URI.create(remaining);
    boolean secure = "https".equals(target.getScheme());
    if (target.getHost() == null || !secure && !"http".equals(target.getScheme())) {
      throw new IllegalArgumentException(
          "upstream: wants http://host[:port] or https://host[:port], not " + remaining);
    }
    int port = target.getPort() > 0 ? target.getPort() : secure ? 443 : 80;
    UpstreamEndpoint endpoint = new UpstreamEndpoint(uri, this, target.getHost(), port, secure);
    setProperties(endpoint, parameters);
    return endpoint;
  }

  /** Whether this provider refuses {@code stream_options}; learnt from its answers. */
  public boolean refusesUsageOption(String host, int port) {
    return host(host, port).refusesUsageOption();
  }

  /** Requests that have a connection to a provider, or are about to get one. */
  public int activeRequests() {
    return hosts.values().stream().mapToInt(UpstreamHost::busy).sum();
  }

  UpstreamHost host(String host, int port) {
    return hosts.computeIfAbsent(host + ":" + port, k -> new UpstreamHost());
  }

  UpstreamAddresses addresses() {
    return addresses;
  }

  UpstreamClients clients(String tlsName) {
    TlsSettings settings = tls.get(tlsName);
    if (settings == null) {
      throw new IllegalArgumentException("no TLS settings are registered as " + tlsName);
    }
    return clients.computeIfAbsent(settings, s -> new UpstreamClients(vertx, s, defaultTrust));
  }

  @Override
  protected void doShutdown() throws Exception {
    clients.values().forEach(UpstreamClients::close);
    super.doShutdown();
  }
}

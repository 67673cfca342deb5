package dev.caravan.http;

import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/**
 * One provider host; durations in milliseconds. Nothing secret is an option, so the URI may be
 * shown anywhere.
 */
@UriEndpoint(
    firstVersion = "0.1.0",
    scheme = "upstream",
    title = "Upstream",
    syntax = "upstream:target",
    producerOnly = true,
    category = Category.HTTP)
public class UpstreamEndpoint extends DefaultEndpoint {
  @UriPath(description = "http://host[:port] or https://host[:port]")
  private final String host;

  private final int port;
  private final boolean secure;
  private final UpstreamComponent component;

  @UriParam(defaultValue = "5000")
  private long connectTimeout = 5_000;

  @UriParam(defaultValue = "60000")
  private long firstTokenTimeout = 60_000;

  @UriParam(defaultValue = "60000")
  private long idleTimeout = 60_000;

  @UriParam(defaultValue = "600000")
  private long requestTimeout = 600_000;

  @UriParam(defaultValue = "0")
  private int maxConnections;

  @UriParam(description = "Name to send in the TLS handshake and to verify; default: the host")
  private String sni;

  @UriParam(description = "Name of TLS settings registered with the component")
  private String tls = "";

  UpstreamEndpoint(String uri, UpstreamComponent component, String host, int port, boolean secure) {
    super(uri, component);
    this.component = component;
    this.host = host;
    this.port = port;
    this.secure = secure;
  }

  @Override
  public Producer createProducer() {
    return new UpstreamProducer(this);
  }

  @Override
  public Consumer createConsumer(Processor processor) {
    throw new UnsupportedOperationException("upstream: is for calling providers");
  }

  @Override
  public boolean isSingletonProducer() {
    return true;
  }

  UpstreamSettings settings() {
    return new UpstreamSettings(
        connectTimeout, firstTokenTimeout, idleTimeout, requestTimeout, maxConnections);
  }

  UpstreamComponent component() {
    return component;
  }

  /** The value of the Host header for this endpoint (RFC 9110, 7.2). */
  String authority() {
    return port == (secure ? 443 : 80) ? host : host + ":" + port;
  }

  public String getHost() {
    return host;
  }

  public int getPort() {
    return port;
  }

  public boolean isSecure() {
    return secure;
  }

  public long getConnectTimeout() {
    return connectTimeout;
  }

  public void setConnectTimeout(long connectTimeout) {
    this.connectTimeout = connectTimeout;
  }

  public long getFirstTokenTimeout() {
    return firstTokenTimeout;
  }

  public void setFirstTokenTimeout(long firstTokenTimeout) {
    this.firstTokenTimeout = firstTokenTimeout;
  }

  public long getIdleTimeout() {
    return idleTimeout;
  }

  public void setIdleTimeout(long idleTimeout) {
    this.idleTimeout = idleTimeout;
  }

  public long getRequestTimeout() {
    return requestTimeout;
  }

  public void setRequestTimeout(long requestTimeout) {
    this.requestTimeout = requestTimeout;
  }

  public int getMaxConnections() {
    return maxConnections;
  }

  public void setMaxConnections(int maxConnections) {
    this.maxConnections = maxConnections;
  }

  public String getSni() {
    return sni;
  }

  public void setSni(String sni) {
    this.sni = sni;
  }

  public String getTls() {
    return tls;
  }

  public void setTls(String tls) {
    this.tls = tls;
  }
}

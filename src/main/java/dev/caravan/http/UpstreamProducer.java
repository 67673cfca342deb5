package dev.caravan.http;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;

/**
 * Its callback comes with the head of the provider's answer; the body waits, paused, for the {@link
 * Relay}.
 */
final class UpstreamProducer extends DefaultAsyncProducer {
  private final UpstreamEndpoint endpoint;
  private final UpstreamSettings settings;
  private final UpstreamHost host;
  private UpstreamClients clients;

  UpstreamProducer(UpstreamEndpoint endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
    this.settings = endpoint.settings();
    this.host = endpoint.component().host(endpoint.getHost(), endpoint.getPort());
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    clients = endpoint.component().clients(endpoint.getTls());
  }

  @Override
  public UpstreamEndpoint getEndpoint() {
    return endpoint;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Call call = Call.of(exchange);
    if (!call.onLoop()) {
      call.loop().runOnContext(v -> process(exchange, callback));
      return false;
    }
    new UpstreamAttempt(this, call, exchange, callback).start();
    return false;
  }

  UpstreamSettings settings() {
    return settings;
  }

  UpstreamHost host() {
    return host;
  }

  UpstreamClients clients() {
    return clients;
  }

  UpstreamAddresses addresses() {
    return endpoint.component().addresses();
  }
}

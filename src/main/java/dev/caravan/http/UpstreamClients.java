package dev.caravan.http;

import io.netty.handler.ssl.OpenSsl;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The HTTP clients of one way to speak TLS: one per event loop, so that a request never leaves its
 * loop, each with two pools, kept connections and single-use ones.
 */
final class UpstreamClients {
  /**
   * Connections of one loop to one address; what really limits is {@code
   * connectionPool.maxConnections}.
   */
  private static final int POOL_SIZE = 8192;

  private static final int KEEP_ALIVE_SECONDS = 60;

  private final Vertx vertx;
  private final TlsSettings tls;
  private final TrustOptions defaultTrust;
  private final Queue<HttpClient> open = new ConcurrentLinkedQueue<>();
  private final FastThreadLocal<Map<Key, HttpClient>> ofLoop =
      new FastThreadLocal<>() {
        @Override
        protected Map<Key, HttpClient> initialValue() {
          return new HashMap<>();
        }
      };

  private record Key(TlsSettings.ClientCertificate certificate, boolean singleUse) {}

  /**
   * @param defaultTrust null = the JVM's
   */
  UpstreamClients(Vertx vertx, TlsSettings tls, TrustOptions defaultTrust) {
    this.vertx = vertx;
    this.tls = tls;
    this.defaultTrust = defaultTrust;
  }

  /**
   * The client of the event loop that calls.
   *
   * @param singleUse for a connection that is new for certain and closed after its answer
   */
  HttpClient ofThisLoop(boolean singleUse) {
    TlsSettings.ClientCertificate certificate =
        tls.clientCertificate() == null ? null : tls.clientCertificate().get();
    Map<Key, HttpClient> clients = ofLoop.get();
    Key key = new Key(certificate, singleUse);
    HttpClient client = clients.get(key);
    if (client == null) {
      closeRotated(clients, certificate);
      client = create(key);
      clients.put(key, client);
      open.add(client);
    }
    return client;
  }

  /**
   * A rotated certificate: streams on the old client's connections end in their own time, idle ones
   * by its keep-alive.
   */
  private static void closeRotated(
      Map<Key, HttpClient> clients, TlsSettings.ClientCertificate current) {
    clients.keySet().removeIf(k -> !Objects.equals(k.certificate, current));
  }

  private HttpClient create(Key key) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setVerifyHost(!tls.insecureSkipVerify())
            .setTrustAll(tls.insecureSkipVerify())
            .setKeepAlive(!key.singleUse)
            .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setMaxHeaderSize(64 * 1024)
            .setMaxInitialLineLength(16 * 1024)
            .setMaxRedirects(0)
            .setDecoderInitialBufferSize(512);
    if (OpenSsl.isAvailable()) {
      options.setSslEngineOptions(new OpenSSLEngineOptions());
    }
    String ca = trustedCa(key.certificate);
    if (ca != null) {
      options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(ca)));
    } else if (defaultTrust != null && !tls.insecureSkipVerify()) {
      options.setTrustOptions(defaultTrust);
    }
    if (key.certificate != null) {
      options.setKeyCertOptions(
          new PemKeyCertOptions()
              .addCertValue(Buffer.buffer(key.certificate.certificatePem()))
              .addKeyValue(Buffer.buffer(key.certificate.keyPem())));
    }
    return vertx
        .httpClientBuilder()
        .with(options)
        .with(new PoolOptions().setHttp1MaxSize(POOL_SIZE))
        .withConnectHandler(UpstreamConnection::opened)
        .build();
  }

  /** Null = the default trust. */
  private String trustedCa(TlsSettings.ClientCertificate certificate) {
    return tls.caPem() == null && certificate != null ? certificate.caPem() : tls.caPem();
  }

  void close() {
    open.forEach(HttpClient::close);
    open.clear();
  }
}

package dev.caravan.http;

import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Turns a provider's host and port into the addresses to connect to: {@code --resolve} first, then
 * DNS without blocking the event loop, every A and AAAA record of the answer, kept for its TTL (at
 * most 30 s, so that a move is followed).
 */
final class UpstreamAddresses {
  private static final int MAX_TTL_SECONDS = 30;
  private static final int NEGATIVE_TTL_SECONDS = 2;
  private static final int QUERY_TIMEOUT_MILLIS = 2_000;

  private final Map<String, SocketAddress> overrides;
  private final FastThreadLocal<DnsNameResolver> ofLoop = new FastThreadLocal<>();

  /**
   * @param overrides from {@code host} or {@code host:port}, lower case, to the address to use
   *     instead
   */
  UpstreamAddresses(Map<String, SocketAddress> overrides) {
    this.overrides = Map.copyOf(overrides);
  }

  /** All addresses of a host, the preferred one first; fails where the name has none. */
  Future<List<SocketAddress>> resolve(ContextInternal loop, String host, int port) {
    SocketAddress override = override(host, port);
    if (override != null) {
      return Future.succeededFuture(List.of(override));
    }
    Promise<List<SocketAddress>> promise = loop.promise();
    resolverOf(loop)
        .resolveAll(host)
        .addListener(
            (io.netty.util.concurrent.Future<List<InetAddress>> resolved) -> {
              if (resolved.isSuccess()) {
                promise.complete(addresses(resolved.getNow(), port));
              } else {
                promise.fail(resolved.cause());
              }
            });
    return promise.future();
  }

  /** After a refused address: the next look-up asks the name server again. */
  void forget(String host) {
    DnsNameResolver resolver = ofLoop.get();
    if (resolver != null) {
      resolver.resolveCache().clear(host);
    }
  }

  private SocketAddress override(String host, int port) {
    if (overrides.isEmpty()) {
      return null;
    }
    String name = host.toLowerCase(Locale.ROOT);
    SocketAddress ofPort = overrides.get(name + ":" + port);
    return ofPort == null ? overrides.get(name) : ofPort;
  }

  private static List<SocketAddress> addresses(List<InetAddress> resolved, int port) {
    List<SocketAddress> addresses = new ArrayList<>(resolved.size());
    for (InetAddress address : resolved) {
      // Without its name: Vert.x pools connections by it, and one address is not another.
      addresses.add(SocketAddress.inetSocketAddress(port, address.getHostAddress()));
    }
    return addresses;
  }

  private DnsNameResolver resolverOf(ContextInternal loop) {
    DnsNameResolver resolver = ofLoop.get();
    if (resolver == null) {
      resolver = create(loop.nettyEventLoop());
      ofLoop.set(resolver);
    }
    return resolver;
  }

  private static DnsNameResolver create(EventLoop loop) {
    boolean epoll = loop.parent() instanceof EpollEventLoopGroup;
    Class<? extends DatagramChannel> udp =
        epoll ? EpollDatagramChannel.class : NioDatagramChannel.class;
    Class<? extends SocketChannel> tcp = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
    return new DnsNameResolverBuilder(loop)
        .datagramChannelType(udp)
        .socketChannelType(tcp)
        .ttl(0, MAX_TTL_SECONDS)
        .negativeTtl(NEGATIVE_TTL_SECONDS)
        .queryTimeoutMillis(QUERY_TIMEOUT_MILLIS)
        .build();
  }
}

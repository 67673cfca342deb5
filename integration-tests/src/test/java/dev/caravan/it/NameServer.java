package dev.caravan.it;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;

/** A DNS server of A records over UDP (RFC 1035), whose answers a test may change. */
final class NameServer implements AutoCloseable {
  private record Name(int ttlSeconds, List<String> addresses) {}

  private static final int TYPE_A = 1;
  private static final int NAME_ERROR = 3;

  private final DatagramSocket socket;
  private final Map<String, Name> names = new ConcurrentHashMap<>();

  private NameServer(DatagramSocket socket) {
    this.socket = socket;
  }

  /** On port 53, the only one that a resolv.conf can name. */
  static NameServer start(String address) throws IOException {
    NameServer server = new NameServer(new DatagramSocket(new InetSocketAddress(address, 53)));
    Thread.ofPlatform().daemon().start(server::serve);
    return server;
  }

  NameServer answer(String name, int ttlSeconds, String... addresses) {
    names.put(name, new Name(ttlSeconds, List.of(addresses)));
    return this;
  }

  @Override
  public void close() {
    socket.close();
  }

  private void serve() {
    DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
    while (!socket.isClosed()) {
      try {
        socket.receive(packet);
        byte[] answer = answer(ByteBuffer.wrap(packet.getData(), 0, packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        // Closed, or a client that has gone.
      }
    }
  }

  private byte[] answer(ByteBuffer query) throws IOException {
    short id = query.getShort();
    query.position(12);
    StringJoiner labels = new StringJoiner(".");
    for (int length = query.get(); length > 0; length = query.get()) {
      byte[] label = new byte[length];
      query.get(label);
      labels.add(new String(label, US_ASCII));
    }
    int type = query.getShort();
    int questionEnd = query.position() + 2;
    Name name = names.get(labels.toString());
    List<String> addresses = name == null || type != TYPE_A ? List.of() : name.addresses();

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(id);
    out.writeShort(0x8580 | (name == null ? NAME_ERROR : 0));
    out.writeShort(1);
    out.writeShort(addresses.size());
    out.writeInt(0);
    out.write(query.array(), 12, questionEnd - 12);
    for (String address : addresses) {
      out.writeShort(0xC00C);
      out.writeShort(TYPE_A);
      out.writeShort(1);
      out.writeInt(name.ttlSeconds());
      out.writeShort(4);
      out.write(InetAddress.getByName(address).getAddress());
    }
    return bytes.toByteArray();
  }
}

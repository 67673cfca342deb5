package dev.caravan.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Free ports on loopback. */
final class Ports {
  // Below the range from which Linux takes ports for outgoing connections: one of those could take
  // the port while a server is down for a moment.
  private static final int FIRST = 20_000;
  private static final int END = 32_000;

  private Ports() {}

  static int free() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket socket =
          new ServerSocket(port, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Taken: another one.
      }
    }
  }
}

package dev.caravan.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * Passes connections on to a port, until those that are open are left hanging: nothing passes on
 * them any more, and no side is told, as when a firewall has forgotten them.
 */
final class StallingProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final int target;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile Hold hold = new Hold();

  /** What the connections of one time have in common. */
  private static final class Hold {
    private final CountDownLatch never = new CountDownLatch(1);
    private volatile boolean on;
  }

  StallingProxy(int target) {
    this.target = target;
    try {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** The connections that are open now hang from now on; new ones pass. */
  void stall() {
    hold.on = true;
    hold = new Hold();
  }

  private void accept() {
    try {
      while (true) {
        passOn(listening.accept());
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private void passOn(Socket client) throws IOException {
    Socket server;
    try {
      server = new Socket(InetAddress.getLoopbackAddress(), target);
    } catch (IOException e) {
      client.close(); // nobody listens there now
      return;
    }
    open.addAll(List.of(client, server));
    Hold ofThese = hold;
    Thread.ofVirtual().start(() -> pump(client, server, ofThese));
    Thread.ofVirtual().start(() -> pump(server, client, ofThese));
  }

  private static void pump(Socket from, Socket to, Hold hold) {
    byte[] buffer = new byte[16 * 1024];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (hold.on) {
          hold.never.await();
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      return; // one of the two has ended
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}

package dev.caravan.runtime;

import io.vertx.core.net.SocketAddress;
import java.util.Locale;

/**
 * One {@code HOST[:PORT]=ADDR:PORT} of the option {@code --resolve}, in the spirit of curl's.
 *
 * @param name {@code host} or {@code host:port}, lower case
 */
public record ResolveEntry(String name, SocketAddress address) {
  /**
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static ResolveEntry parse(String text) {
    int equals = text.indexOf('=');
    int colon = text.lastIndexOf(':');
    if (equals <= 0 || colon <= equals + 1) {
      throw notAnEntry(text);
    }
    String address = text.substring(equals + 1, colon).trim().replaceAll("^\\[|]$", "");
    try {
      int port = Integer.parseInt(text.substring(colon + 1).trim());
      return new ResolveEntry(
          text.substring(0, equals).trim().toLowerCase(Locale.ROOT),
          SocketAddress.inetSocketAddress(port, address));
    } catch (IllegalArgumentException e) {
      throw notAnEntry(text);
    }
  }

  private static IllegalArgumentException notAnEntry(String text) {
    return new IllegalArgumentException(
        "an address to use is written HOST[:PORT]=ADDR:PORT, not \"" + text + "\"");
  }
}

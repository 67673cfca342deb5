package dev.caravan.emulator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/** The emulator as a process of its own, for the demo, SDK tests and the benchmark. */
public final class Main {
  private static final String USAGE =
      """
      usage: java -cp ... dev.caravan.emulator.Main [OPTION...]
        --port N                 port to listen on; 0 (default) for any
        --address A              loopback address to listen on (127.0.0.1); may be repeated
        --plain                  HTTP instead of HTTPS
        --ca FILE                write the CA certificate there (PEM)
        --admin-port N           remote control on this port: GET /calls, POST /script,
                                 POST /gates/NAME, POST /close-idle, POST /reset
        --require-authorization  answer 401 without an authorization header
        --client-certificate     demand a client certificate
        --presents KIND          valid (default), expired, wrong-name or self-signed""";

  private final Emulator.Builder builder =
      Emulator.builder().rememberingRequests(1000).keepingBodyBytes(64 << 10);
  private final List<String> arguments;
  private final List<String> addresses = new ArrayList<>();
  private Path ca;
  private int adminPort = -1;
  private String scheme = "https";

  private Main(List<String> arguments) {
    this.arguments = arguments;
  }

  /**
   * Starts the emulator and runs until the process is ended. Exit 2 for options it does not know.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Main main = new Main(List.of(args));
    try {
      main.read();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.println(USAGE);
      System.exit(2);
    }
    main.run();
  }

  private void read() {
    for (int i = 0; i < arguments.size(); i++) {
      switch (arguments.get(i)) {
        case "--plain" -> {
          builder.plain();
          scheme = "http";
        }
        case "--require-authorization" -> builder.requiringAuthorization();
        case "--client-certificate" -> builder.demandingClientCertificate();
        case "--port" -> builder.port(number(++i));
        case "--admin-port" -> adminPort = number(++i);
        case "--address" -> addresses.add(value(++i));
        case "--ca" -> ca = Path.of(value(++i));
        case "--presents" ->
            builder.presenting(
                Presented.valueOf(value(++i).toUpperCase(Locale.ROOT).replace('-', '_')));
        default -> throw new IllegalArgumentException("unknown option " + arguments.get(i));
      }
    }
  }

  private void run() throws IOException, InterruptedException {
    if (!addresses.isEmpty()) {
      builder.addresses(addresses.toArray(String[]::new));
    }
    Emulator emulator = builder.start();
    if (ca != null) {
      emulator.writeCa(ca);
    }
    String admin = "";
    if (adminPort >= 0) {
      admin = ", admin on http://127.0.0.1:" + new AdminServer(emulator, adminPort).port();
    }
    System.out.println("emulator ready on " + scheme + "://" + emulator.address() + admin);
    new CountDownLatch(1).await();
  }

  private String value(int index) {
    if (index >= arguments.size()) {
      throw new IllegalArgumentException(arguments.getLast() + " needs a value");
    }
    return arguments.get(index);
  }

  private int number(int index) {
    try {
      return Integer.parseInt(value(index));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a number: " + arguments.get(index), e);
    }
  }
}

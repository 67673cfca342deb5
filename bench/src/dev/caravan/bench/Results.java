package dev.caravan.bench;

import dev.caravan.bench.Peer.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures of all rounds, as a table of medians and ranges. */
final class Results {
  private static final String CAVEATS =
      """
      How to read it:
      - Compare ratios, never absolute numbers of two runs or machines. The figure that counts is CPU per request
        against nginx: drivers, provider stand-in and peer share the cores, so throughputs are squeezed together, and
        under the closed loop a cheaper peer also serves more.
      - nginx relays and writes an access log; Caravan also reads and rewrites every body, adds a key, reads the usage
        from the answer and counts it. Both verify TLS 1.3 to the provider and keep its connections.
      - "direct" is plain HTTP to the same stand-in: the TLS of the leg to the provider counts as added by the proxy.
      - The fixed rate is an open loop; a latency counts from the time its request should have left.
      - Caravan is warm: what a JVM costs in its first seconds is in the first two rows only. The stand-in's answers
        are immediate, so the latencies are the proxy's; a real model's are not.
      - An event's CPU includes a hundredth of the request that opened its stream. CPU comes in ticks of 10 ms.
      - Other load is what all other processes on the machine used while a peer was measured.
      """;

  private final Options options;
  private final Map<Kind, List<Map<Figure, Double>>> rounds = new EnumMap<>(Kind.class);

  Results(Options options) {
    this.options = options;
  }

  void add(Kind kind, Map<Figure, Double> figures) {
    List<Map<Figure, Double>> ofKind = rounds.computeIfAbsent(kind, k -> new ArrayList<>());
    ofKind.add(figures);
    if (kind == Kind.DIRECT || !figures.containsKey(Figure.FIXED_P50)) {
      return;
    }
    Map<Figure, Double> direct = rounds.get(Kind.DIRECT).getLast();
    figures.put(Figure.ADDED_P50, figures.get(Figure.FIXED_P50) - direct.get(Figure.FIXED_P50));
    figures.put(Figure.ADDED_P99, figures.get(Figure.FIXED_P99) - direct.get(Figure.FIXED_P99));
  }

  String report() {
    StringBuilder out = new StringBuilder("# Benchmark results\n\n");
    out.append("Written by `./caravan bench`; how to run it: [README.md](README.md).\n\n");
    out.append(environment()).append('\n');
    List<Kind> kinds = List.copyOf(rounds.keySet());
    out.append("| figure |");
    kinds.forEach(kind -> out.append(' ').append(kind.title).append(" |"));
    List<Kind> against = new ArrayList<>(kinds);
    against.removeAll(List.of(Kind.DIRECT, Kind.CARAVAN));
    against.forEach(kind -> out.append(" Caravan / ").append(kind.title).append(" |"));
    out.append("\n|---|").append("---|".repeat(kinds.size() + against.size())).append('\n');
    for (Figure figure : Figure.values()) {
      if (kinds.stream().anyMatch(kind -> rounds.get(kind).getFirst().containsKey(figure))) {
        row(out, figure, kinds, against);
      }
    }
    out.append(
        "\nMedian (lowest - highest) of the rounds; a ratio is taken within each round.\n\n");
    return out.append(CAVEATS).toString();
  }

  private void row(StringBuilder out, Figure figure, List<Kind> kinds, List<Kind> against) {
    out.append("| ").append(figure.label).append(", ").append(figure.unit).append(" |");
    for (Kind kind : kinds) {
      out.append(' ').append(spread(values(kind, figure), figure.decimals)).append(" |");
    }
    for (Kind kind : against) {
      List<Double> ratios = new ArrayList<>();
      List<Double> ours = values(Kind.CARAVAN, figure);
      List<Double> theirs = values(kind, figure);
      for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
        ratios.add(ours.get(i) / theirs.get(i));
      }
      boolean tellsNothing =
          !figure.compared || ratios.stream().anyMatch(r -> !Double.isFinite(r) || r <= 0);
      out.append(' ').append(tellsNothing ? "–" : spread(ratios, 2)).append(" |");
    }
    out.append('\n');
  }

  private List<Double> values(Kind kind, Figure figure) {
    return rounds.getOrDefault(kind, List.of()).stream()
        .filter(figures -> figures.containsKey(figure))
        .map(figures -> figures.get(figure))
        .toList();
  }

  private static String spread(List<Double> values, int decimals) {
    if (values.isEmpty()) {
      return "–";
    }
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    double median = (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    String text = number(median, decimals);
    return n == 1
        ? text
        : "%s (%s - %s)"
            .formatted(
                text, number(sorted.getFirst(), decimals), number(sorted.getLast(), decimals));
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  private String environment() {
    return """
        - %s, Caravan %s
        - %d round(s) with fresh processes each, %d s a measurement, JVM warmed for %d s
        - %s, -Xmx128m %s
        - %s, %s
        - %d cores (%s), Linux %s
        """
        .formatted(
            LocalDate.now(ZoneOffset.UTC),
            output("git", "-C", options.home().toString(), "describe", "--always", "--dirty"),
            options.rounds(),
            options.seconds(),
            options.warmup(),
            System.getProperty("java.vendor.version"),
            String.join(" ", options.javaFlags()),
            output("nginx", "-v"),
            output("wrk", "-v"),
            Runtime.getRuntime().availableProcessors(),
            processor(),
            System.getProperty("os.version"));
  }

  private static String processor() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo"))
          .lines()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The first line that a command says. */
  private static String output(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String all = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return all.lines().findFirst().orElse("").replaceFirst(" Copyright.*", "");
    } catch (IOException e) {
      return command[0] + " of unknown version";
    }
  }
}

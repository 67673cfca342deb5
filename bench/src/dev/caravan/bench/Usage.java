package dev.caravan.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What processes and the machine have used, from /proc; a clock tick is 10 ms. */
final class Usage {
  private static final double TICKS_PER_SECOND = 100;

  private Usage() {}

  /** A process and its children. */
  static List<Long> tree(ProcessHandle root) {
    List<Long> pids = new ArrayList<>();
    pids.add(root.pid());
    root.descendants().map(ProcessHandle::pid).forEach(pids::add);
    return pids;
  }

  /** CPU seconds, user and system, that the processes have used so far. */
  static double cpuSeconds(List<Long> pids) {
    return pids.stream().mapToDouble(pid -> ticks(pid, 11, 13) / TICKS_PER_SECOND).sum();
  }

  /** The same of this process with all children that have ended. */
  static double ownCpuSeconds() {
    return ticks(ProcessHandle.current().pid(), 11, 15) / TICKS_PER_SECOND;
  }

  /** CPU seconds of everything on the machine, without interrupts, stolen time included. */
  static double machineCpuSeconds() {
    String[] fields = read(Path.of("/proc/stat")).lines().findFirst().orElseThrow().split("\\s+");
    long ticks = 0;
    for (int i : new int[] {1, 2, 3, 8}) {
      ticks += Long.parseLong(fields[i]);
    }
    return ticks / TICKS_PER_SECOND;
  }

  static double rssMegabytes(List<Long> pids) {
    long kilobytes = 0;
    for (long pid : pids) {
      kilobytes +=
          read(Path.of("/proc/" + pid + "/status"))
              .lines()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum();
    }
    return kilobytes / 1024.0;
  }

  /** Sum of the fields {@code [from, to)} behind the command's name. */
  private static long ticks(long pid, int from, int to) {
    String stat = read(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long ticks = 0;
    for (int i = from; i < to; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return ticks;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new Failed("a measured process has ended (" + file + ")", e);
    } catch (IOException e) {
      throw new Failed("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}

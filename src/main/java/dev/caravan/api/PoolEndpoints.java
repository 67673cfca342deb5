package dev.caravan.api;

import java.util.List;

/** Where the ready pods of an InferencePool listen; in a constant order, without doubles. */
public record PoolEndpoints(List<Endpoint> ready) {
  public PoolEndpoints {
    ready = ready.stream().distinct().sorted().toList();
  }

  /** One port of one pod. */
  public record Endpoint(String address, int port) implements Comparable<Endpoint> {
    @Override
    public int compareTo(Endpoint other) {
      int byAddress = address.compareTo(other.address);
      return byAddress == 0 ? Integer.compare(port, other.port) : byAddress;
    }
  }
}

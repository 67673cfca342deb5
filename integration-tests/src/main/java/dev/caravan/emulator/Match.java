package dev.caravan.emulator;

import java.util.function.Predicate;

/** Predicates over a request's head. */
public final class Match {
  private Match() {}

  /** Every request. */
  public static Predicate<ReceivedRequest> any() {
    return request -> true;
  }

  /** Requests for a host, its port left out, in any case. */
  public static Predicate<ReceivedRequest> host(String host) {
    return request -> request.host().equalsIgnoreCase(host);
  }

  /** Requests for a path, its query left out. */
  public static Predicate<ReceivedRequest> path(String path) {
    return request -> request.path().equals(path);
  }

  /** Requests with a header of that value. */
  public static Predicate<ReceivedRequest> header(String name, String value) {
    return request -> request.headerValues(name).contains(value);
  }
}

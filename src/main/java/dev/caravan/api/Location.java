package dev.caravan.api;

/** A place in a file. The first line is 1. */
public record Location(String file, int line) {
  @Override
  public String toString() {
    return file + ":" + line;
  }
}

package dev.caravan.cli;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Entry point. */
@QuarkusMain
public final class Caravan {
  private Caravan() {}

  public static void main(String[] args) {
    Quarkus.run(args);
  }
}

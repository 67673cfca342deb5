package dev.caravan.emulator;

/**
 * One header line as it went over the wire: the name's case is kept, outer blanks of the value are
 * not.
 */
public record Header(String name, String value) {
  /** Whether this line has the given name, in any case. */
  public boolean is(String other) {
    return name.equalsIgnoreCase(other);
  }
}

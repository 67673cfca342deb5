package dev.caravan.emulator;

/** Which certificate the emulator shows to its clients. */
public enum Presented {
  /** Signed by the emulator's authority, for the name the client asked for. */
  VALID,
  /** Signed and for the right name, but its time is over since yesterday. */
  EXPIRED,
  /** Signed and in time, but for {@code wrong-name.invalid}. */
  WRONG_NAME,
  /** For the right name and in time, but signed by nobody. */
  SELF_SIGNED
}

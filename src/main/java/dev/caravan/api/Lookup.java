package dev.caravan.api;

/**
 * What came of looking an object up. An object that does not exist has no entry in the maps that
 * hold these.
 */
public sealed interface Lookup<T> {
  record Found<T>(T value) implements Lookup<T> {}

  /**
   * It may exist, and cannot be read.
   *
   * @param why the end of a sentence that begins with the object, such as {@code may not be read:
   *     forbidden to system:serviceaccount:shop:default}
   */
  record Refused<T>(String why) implements Lookup<T> {}

  /** The object, or null where it could not be read or does not exist. */
  static <T> T valueOf(Lookup<T> lookup) {
    return lookup instanceof Found<T>(T value) ? value : null;
  }
}

package dev.caravan.api;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The decoded values of a Secret. Its {@code toString} names the keys and never shows a value. */
public final class SecretData {
  /**
   * Annotation on a Secret: namespaces, separated by commas, that may refer to it; {@code *} is
   * all.
   */
  public static final String ALLOW_NAMESPACES = "caravan.dev/allow-namespaces";

  private final SortedMap<String, byte[]> values;
  private final SortedSet<String> allowedNamespaces;

  public SecretData(Map<String, byte[]> values, Set<String> allowedNamespaces) {
    SortedMap<String, byte[]> copy = new TreeMap<>();
    values.forEach((key, value) -> copy.put(key, value.clone()));
    this.values = Collections.unmodifiableSortedMap(copy);
    this.allowedNamespaces = Collections.unmodifiableSortedSet(new TreeSet<>(allowedNamespaces));
  }

  /** The namespaces that a value of {@link #ALLOW_NAMESPACES} names; null names none. */
  public static Set<String> allowedNamespaces(String annotation) {
    Set<String> allowed = new TreeSet<>();
    for (String namespace : annotation == null ? new String[0] : annotation.split(",")) {
      if (!namespace.isBlank()) {
        allowed.add(namespace.strip());
      }
    }
    return allowed;
  }

  /** The value's bytes (a copy), or null if there is no such key. */
  public byte[] value(String key) {
    byte[] value = values.get(key);
    return value == null ? null : value.clone();
  }

  public Set<String> keys() {
    return values.keySet();
  }

  /** Whether a resource of that namespace may refer to this Secret, which lies in another one. */
  public boolean allows(String namespace) {
    return allowedNamespaces.contains("*") || allowedNamespaces.contains(namespace);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretData that
        && allowedNamespaces.equals(that.allowedNamespaces)
        && values.keySet().equals(that.values.keySet())
        && values.entrySet().stream()
            .allMatch(
                entry -> MessageDigest.isEqual(entry.getValue(), that.values.get(entry.getKey())));
  }

  @Override
  public int hashCode() {
    int hash = allowedNamespaces.hashCode();
    for (Map.Entry<String, byte[]> entry : values.entrySet()) {
      hash = 31 * hash + entry.getKey().hashCode() + Arrays.hashCode(entry.getValue());
    }
    return hash;
  }

  @Override
  public String toString() {
    return "SecretData" + values.keySet();
  }
}

package dev.caravan.plan;

import dev.caravan.api.ObjectName;

/** Where a provider's key comes from. {@link CredentialResolver} gets it. */
public sealed interface Credential {
  /** No key is configured: the client's own authorization goes up. */
  record None() implements Credential {}

  /** Written in the provider's spec. */
  record Inline(ApiKey key) implements Credential {}

  /**
   * In a Secret, read at request time.
   *
   * @param consumer the namespace of the provider that refers to it; another one than the Secret's
   *     needs the Secret's consent, which is looked at with every read
   */
  record SecretKeyRef(String namespace, String name, String key, String consumer)
      implements Credential {
    public SecretKeyRef(String namespace, String name, String key) {
      this(namespace, name, key, namespace);
    }

    public ObjectName secret() {
      return new ObjectName(namespace, name);
    }
  }
}

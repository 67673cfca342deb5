package dev.caravan.plan;

import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.SecretData;
import java.util.Map;

/** Gets the key of a {@link Credential}: a pure look-up, cheap enough for every request. */
public final class CredentialResolver {
  private CredentialResolver() {}

  /** What came of it. */
  public sealed interface Resolution {
    /** Send this key. */
    record Key(ApiKey key) implements Resolution {}

    /** No key is configured. */
    record NoKey() implements Resolution {}

    /**
     * There should be a key and there is none: answer 503.
     *
     * @param reason one constant word
     * @param message a sentence for people that names the Secret and the key
     */
    record Unavailable(String reason, String message) implements Resolution {}
  }

  public static Resolution resolve(
      Credential credential, Map<ObjectName, Lookup<SecretData>> secrets) {
    return switch (credential) {
      case Credential.None _ -> new Resolution.NoKey();
      case Credential.Inline(ApiKey key) -> new Resolution.Key(key);
      case Credential.SecretKeyRef ref -> resolve(ref, secrets.get(ref.secret()));
    };
  }

  private static Resolution resolve(Credential.SecretKeyRef ref, Lookup<SecretData> lookup) {
    return switch (lookup) {
      case Lookup.Found<SecretData>(SecretData secret) -> resolve(ref, secret);
      case Lookup.Refused<SecretData>(String why) ->
          new Resolution.Unavailable(
              Reasons.SECRET_NOT_READABLE, "Secret %s %s".formatted(ref.secret(), why));
      case null ->
          new Resolution.Unavailable(
              Reasons.SECRET_NOT_FOUND,
              "Secret %s does not exist; its key %s is wanted".formatted(ref.secret(), ref.key()));
    };
  }

  private static Resolution resolve(Credential.SecretKeyRef ref, SecretData secret) {
    if (!ref.namespace().equals(ref.consumer()) && !secret.allows(ref.consumer())) {
      return new Resolution.Unavailable(
          Reasons.REF_NOT_PERMITTED,
          "Secret %s does not allow namespace %s; its annotation %s must name it"
              .formatted(ref.secret(), ref.consumer(), SecretData.ALLOW_NAMESPACES));
    }
    byte[] value = secret.value(ref.key());
    if (value == null) {
      return new Resolution.Unavailable(
          Reasons.SECRET_NOT_FOUND,
          "Secret %s has no key %s; it has %s".formatted(ref.secret(), ref.key(), secret.keys()));
    }
    try {
      return new Resolution.Key(ApiKey.of(value));
    } catch (IllegalArgumentException e) {
      return new Resolution.Unavailable(
          Reasons.INVALID_SECRET,
          "key %s of Secret %s %s".formatted(ref.key(), ref.secret(), e.getMessage()));
    }
  }
}

package dev.caravan.route;

import dev.caravan.api.Lookup;
import dev.caravan.api.ObjectName;
import dev.caravan.api.SecretData;
import dev.caravan.http.UpstreamKey;
import dev.caravan.plan.ApiKey;
import dev.caravan.plan.Credential;
import dev.caravan.plan.CredentialResolver;
import dev.caravan.plan.CredentialResolver.Resolution;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The keys in force. They are read with every request, so that a rotated Secret swaps no route. */
@Singleton
public class Credentials {
  private volatile Known known = new Known(Map.of());

  /** One state of all Secrets, with what was looked up in it. */
  private record Known(
      Map<ObjectName, Lookup<SecretData>> secrets,
      Map<Credential, Resolution> resolved,
      Map<ApiKey, UpstreamKey> keys) {
    Known(Map<ObjectName, Lookup<SecretData>> secrets) {
      this(secrets, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }
  }

  void update(Map<ObjectName, Lookup<SecretData>> secrets) {
    known = new Known(secrets);
  }

  Resolution resolve(Credential credential) {
    Known now = known;
    return now.resolved.computeIfAbsent(
        credential, c -> CredentialResolver.resolve(c, now.secrets));
  }

  UpstreamKey upstreamKey(ApiKey key) {
    return known.keys.computeIfAbsent(key, k -> new UpstreamKey(k.headerValue(), k.bytes()));
  }

  /** A value of a Secret as text, or null. */
  String text(ObjectName secret, String key) {
    SecretData data = Lookup.valueOf(known.secrets.get(secret));
    byte[] value = data == null ? null : data.value(key);
    return value == null ? null : new String(value, java.nio.charset.StandardCharsets.UTF_8);
  }
}

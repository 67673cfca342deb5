package dev.caravan.route;

import dev.caravan.http.Call;
import dev.caravan.http.Failure;
import dev.caravan.http.FailureException;
import dev.caravan.plan.Credential;
import dev.caravan.plan.CredentialResolver.Resolution;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Puts the provider's key into the request; without one configured, the client's own stays. */
final class AddAuth implements Processor {
  private final Credential credential;
  private final Credentials credentials;

  AddAuth(Credential credential, Credentials credentials) {
    this.credential = credential;
    this.credentials = credentials;
  }

  @Override
  public void process(Exchange exchange) throws FailureException {
    switch (credentials.resolve(credential)) {
      case Resolution.Key key ->
          Call.of(exchange).upstreamRequest().key(credentials.upstreamKey(key.key()));
      case Resolution.NoKey none -> {}
      case Resolution.Unavailable none ->
          throw Failure.NO_CREDENTIAL.because(
              "the provider's key is not available: " + none.message());
    }
  }

  /** Where the key comes from, for people. */
  static String describe(Credential credential) {
    return switch (credential) {
      case Credential.None none -> "the client's own authorization";
      case Credential.Inline inline -> "authorization from the provider's apiKey";
      case Credential.SecretKeyRef ref ->
          "authorization from Secret %s, key %s".formatted(ref.secret(), ref.key());
    };
  }
}

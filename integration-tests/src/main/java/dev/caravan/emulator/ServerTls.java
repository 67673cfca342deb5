package dev.caravan.emulator;

import dev.caravan.emulator.CertificateAuthority.Credential;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;

/** The server's side of TLS: a certificate for whatever name the client asks for. */
final class ServerTls {
  private static final List<String> LOOPBACK =
      List.of("localhost", "127.0.0.1", "127.0.0.2", "0:0:0:0:0:0:0:1");
  private static final List<String> WRONG = List.of("wrong-name.invalid");

  private ServerTls() {}

  static SSLContext context(CertificateAuthority authority, Presented presented) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {new SniKeyManager(authority, presented)},
          authority.trustManagers(),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The name the client asked for, or the empty string. */
  static String requestedName(SSLSession session) {
    if (!(session instanceof ExtendedSSLSession extended)) {
      return "";
    }
    return extended.getRequestedServerNames().stream()
        .filter(SNIHostName.class::isInstance)
        .map(name -> ((SNIHostName) name).getAsciiName())
        .findFirst()
        .orElse("");
  }

  /** Aliases are the requested names themselves. */
  private static final class SniKeyManager extends X509ExtendedKeyManager {
    private final Map<String, Credential> issued = new ConcurrentHashMap<>();
    private final CertificateAuthority authority;
    private final Presented presented;

    SniKeyManager(CertificateAuthority authority, Presented presented) {
      this.authority = authority;
      this.presented = presented;
    }

    private Credential issue(String name) {
      List<String> names = name.isEmpty() ? LOOPBACK : List.of(name);
      return switch (presented) {
        case VALID -> authority.issueServer(names, false);
        case EXPIRED -> authority.issueServer(names, true);
        case WRONG_NAME -> authority.issueServer(WRONG, false);
        case SELF_SIGNED -> authority.selfSigned(names);
      };
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return keyType.equals("EC")
          ? requestedName(((SSLSocket) socket).getHandshakeSession())
          : null;
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
      return keyType.equals("EC") ? requestedName(engine.getHandshakeSession()) : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {issued.computeIfAbsent(alias, this::issue).certificate()};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return issued.computeIfAbsent(alias, this::issue).key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return null;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return null;
    }

    @Override
    public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
      return null;
    }
  }
}

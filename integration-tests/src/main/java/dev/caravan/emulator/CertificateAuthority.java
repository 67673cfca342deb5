package dev.caravan.emulator;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority that lives as long as the process: EC P-256, valid from a day ago for
 * eight days. It signs the emulator's server certificates and, for mutual TLS, client certificates;
 * those of a test's API server, too.
 */
public final class CertificateAuthority {
  /** A certificate with its private key. */
  public record Credential(X509Certificate certificate, PrivateKey key) {
    /** Certificate and PKCS#8 key, PEM, in one string: what a client presents in mutual TLS. */
    public String pem() {
      return certificatePem() + keyPem();
    }

    /** The certificate alone, PEM. */
    public String certificatePem() {
      return CertificateAuthority.pem(certificate);
    }

    /** The private key alone, PEM. */
    public String keyPem() {
      return CertificateAuthority.pem(key);
    }
  }

  private static final Duration PAST = Duration.ofDays(1);
  private static final Duration FUTURE = Duration.ofDays(7);

  private final SecureRandom random = new SecureRandom();
  private final X500Name name = new X500Name("CN=Caravan emulator CA");
  private final KeyPair keys = newKeyPair();
  // One key for all server certificates: a new P-256 key per SNI name would only cost time.
  private final KeyPair serverKeys = newKeyPair();
  private final X509Certificate certificate = issueCa();

  /** The authority's own certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** The authority's certificate, PEM. */
  public String caPem() {
    return pem(certificate);
  }

  /** Writes {@link #caPem()} to a file, replacing it. */
  public void writeCa(Path file) {
    try {
      Files.writeString(file, caPem(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Trust managers that accept what this authority signed, and nothing else. */
  public TrustManager[] trustManagers() {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("ca", certificate);
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A client certificate for mutual TLS, with its own key. */
  public Credential issueClient(String commonName) {
    return issueClient(commonName, new X500Name("CN=" + commonName));
  }

  /** Likewise; to Kubernetes the name is a user and the organization one of the user's groups. */
  public Credential issueClient(String commonName, String organization) {
    return issueClient(commonName, new X500Name("O=" + organization + ",CN=" + commonName));
  }

  private Credential issueClient(String commonName, X500Name subject) {
    KeyPair client = newKeyPair();
    Instant now = Instant.now();
    X509Certificate signed =
        sign(
            subject,
            client.getPublic(),
            List.of(new GeneralName(GeneralName.dNSName, commonName)),
            now.minus(PAST),
            now.plus(FUTURE));
    return new Credential(signed, client.getPrivate());
  }

  /** A server certificate for the names (DNS names or IP addresses), in order. */
  public Credential issueServer(String... names) {
    return issueServer(List.of(names), false);
  }

  Credential issueServer(List<String> names, boolean expired) {
    Instant now = Instant.now();
    Instant from = expired ? now.minus(FUTURE) : now.minus(PAST);
    Instant to = expired ? now.minus(PAST) : now.plus(FUTURE);
    X509Certificate signed =
        sign(
            new X500Name("CN=" + names.getFirst()),
            serverKeys.getPublic(),
            names.stream().map(CertificateAuthority::generalName).toList(),
            from,
            to);
    return new Credential(signed, serverKeys.getPrivate());
  }

  /** A server certificate that no authority signed. */
  Credential selfSigned(List<String> names) {
    X500Name subject = new X500Name("CN=" + names.getFirst());
    Instant now = Instant.now();
    X509v3CertificateBuilder builder =
        builder(subject, subject, serverKeys.getPublic(), now.minus(PAST), now.plus(FUTURE));
    List<GeneralName> alternatives = names.stream().map(CertificateAuthority::generalName).toList();
    return new Credential(
        sign(withNames(builder, alternatives), serverKeys.getPrivate()), serverKeys.getPrivate());
  }

  private X509Certificate issueCa() {
    Instant now = Instant.now();
    try {
      X509v3CertificateBuilder builder =
          builder(name, name, keys.getPublic(), now.minus(PAST), now.plus(FUTURE))
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return sign(builder, keys.getPrivate());
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate sign(
      X500Name subject, PublicKey key, List<GeneralName> names, Instant from, Instant to) {
    return sign(withNames(builder(name, subject, key, from, to), names), keys.getPrivate());
  }

  private X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey key, Instant from, Instant to) {
    return new JcaX509v3CertificateBuilder(
        issuer, new BigInteger(120, random), Date.from(from), Date.from(to), subject, key);
  }

  private static X509v3CertificateBuilder withNames(
      X509v3CertificateBuilder builder, List<GeneralName> names) {
    try {
      return builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(names.toArray(GeneralName[]::new)));
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey issuerKey) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(issuerKey)));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static GeneralName generalName(String name) {
    boolean address = name.indexOf(':') >= 0 || name.chars().allMatch(c -> c == '.' || isDigit(c));
    return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String pem(Object... objects) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      for (Object each : Arrays.asList(objects)) {
        writer.writeObject(each instanceof PrivateKey key ? pkcs8(key) : each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static Object pkcs8(PrivateKey key) throws IOException {
    return new JcaPKCS8Generator(key, null);
  }
}

package dev.caravan.cluster;

import dev.caravan.emulator.CertificateAuthority.Credential;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;

/** A kubeconfig file with one context; everything is in the file, so that it can be moved. */
record Kubeconfig(String server, String caPem) {
  /** For a user with a client certificate. */
  String with(Credential user) {
    return yaml(
        "default",
        "{client-certificate-data: %s, client-key-data: %s}"
            .formatted(base64(user.certificatePem()), base64(user.keyPem())));
  }

  /** For a bearer of a token, whose commands are about that namespace unless they name another. */
  String with(String namespace, String token) {
    return yaml(namespace, "{token: \"" + token + "\"}");
  }

  private String yaml(String namespace, String user) {
    return """
        apiVersion: v1
        kind: Config
        clusters:
        - name: caravan
          cluster: {server: "%s", certificate-authority-data: %s}
        users:
        - name: user
          user: %s
        contexts:
        - name: caravan
          context: {cluster: caravan, user: user, namespace: %s}
        current-context: caravan
        """
        .formatted(server, base64(caPem), user, namespace);
  }

  /** For the owner only, and in one step: a reader sees the old file or the new one. */
  static Path write(Path file, String yaml) {
    try {
      Path directory = file.toAbsolutePath().getParent();
      Path written =
          Files.createTempFile(
              directory,
              ".kubeconfig",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(written, yaml);
      return Files.move(
          written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}

package dev.caravan.cluster;

import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.KubeAPITestException;
import io.fabric8.kubeapitest.binary.BinaryManager;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the executables are: in {@code $KUBE_API_TEST_DIR/k8s/VERSION-OS-ARCHITECTURE} (default
 * {@code ~/.kubeapitest}), the newest version unless {@code KUBE_API_TEST_API_SERVER_VERSION} names
 * one; downloaded there from the Kubernetes project when there are none.
 */
record Binaries(Path etcd, Path apiServer, Path kubectl) {
  /**
   * @throws IllegalStateException with a sentence, when they are neither there nor to be had
   */
  static Binaries find() {
    // Set here what the library reads from the environment with the wrong type: a Boolean and an
    // Integer, which end in a ClassCastException as soon as the variables are set.
    BinaryManager manager =
        new BinaryManager(
            KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withOfflineMode(Boolean.parseBoolean(System.getenv("KUBE_API_TEST_OFFLINE_MODE")))
                .withWaitForEtcdHealthCheckOnStartup(false)
                .withStartupTimeout(0)
                .build());
    try {
      manager.initAndDownloadIfRequired();
    } catch (KubeAPITestException e) {
      throw new IllegalStateException(
          "no Kubernetes API server: %s; KUBE_API_TEST_DIR may name a directory that has etcd, kube-apiserver and kubectl in k8s/VERSION-linux-amd64"
              .formatted(e.getMessage()),
          e);
    }
    var found = manager.binaries();
    return new Binaries(
        found.getEtcd().toPath(), found.getApiServer().toPath(), found.getKubectl().toPath());
  }

  /**
   * Beside the others; what is downloaded lacks it.
   *
   * @throws IllegalStateException if it is not there
   */
  Path controllerManager() {
    Path file = apiServer.resolveSibling("kube-controller-manager");
    if (!Files.isExecutable(file)) {
      throw new IllegalStateException("there is no " + file);
    }
    return file;
  }
}

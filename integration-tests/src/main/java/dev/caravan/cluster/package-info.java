/**
 * A Kubernetes API server for tests and for trying things out: real etcd and kube-apiserver
 * processes on loopback, without nodes. What runs in it are objects, not pods.
 *
 * <p>Nothing of Caravan's own code may be used here, as in {@link dev.caravan.emulator}.
 */
package dev.caravan.cluster;

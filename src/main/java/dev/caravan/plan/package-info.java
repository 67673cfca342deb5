/**
 * From custom resources to a routing plan: pure functions and immutable records, comparable by
 * {@code equals} (a plan that did not change is equal to the one before, whatever moved in the
 * files).
 *
 * <p>No Camel, no Kubernetes, no I/O, no clock: the easiest place to test. Depends on {@code api}
 * only.
 */
package dev.caravan.plan;

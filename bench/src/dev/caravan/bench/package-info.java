/**
 * The drivers and the event source of {@code ./caravan bench}, on nothing but the JDK. {@link
 * dev.caravan.bench.Bench} reads as the order of a run; see bench/README.md for what is measured.
 */
package dev.caravan.bench;

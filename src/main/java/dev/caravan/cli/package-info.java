/** The commands of {@code caravan}. May use every package; no package may use it. */
package dev.caravan.cli;

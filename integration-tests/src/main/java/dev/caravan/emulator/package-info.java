/**
 * The provider emulator: a small real HTTPS server that speaks OpenAI's chat completions, tells
 * what it received, and misbehaves byte by byte when a {@link dev.caravan.emulator.Script} says so.
 *
 * <p>Raw sockets and one virtual thread a connection, because an HTTP library would never send a
 * malformed chunk. Nothing of Caravan's own code may be used here: a shared parser would share its
 * errors.
 */
package dev.caravan.emulator;

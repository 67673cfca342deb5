/**
 * Tests of the packaged application from outside: a real process, real sockets, the provider
 * emulator behind it. Nothing here may use a class of Caravan's own.
 *
 * <p>Streams are tested by gates, never by clocks: the client holds event n before the provider may
 * send n+1.
 */
package dev.caravan.it;

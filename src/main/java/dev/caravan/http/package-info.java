/**
 * HTTP on both sides of a route: the streaming engine behind platform-http, the {@code upstream:}
 * component and the relay between them. Everything here runs on event loops and never waits; it
 * knows the chat protocol only through {@code chat} and nothing of custom resources, plans or which
 * route it serves.
 */
package dev.caravan.http;

package dev.caravan.http;

/**
 * Limits of one upstream endpoint. Durations in milliseconds, above 0.
 *
 * @param connectTimeout from the wish for a connection to its being open, TLS included, all
 *     addresses together
 * @param firstTokenTimeout of a streaming request: from its being sent to the first event with
 *     substance
 * @param idleTimeout between two reads of an answer that has begun; time in which the client is the
 *     slow one does not count
 * @param requestTimeout for the whole request
 * @param maxConnections requests at once over all event loops (HTTP/1.1: one connection each); 0 =
 *     unlimited
 */
record UpstreamSettings(
    long connectTimeout,
    long firstTokenTimeout,
    long idleTimeout,
    long requestTimeout,
    int maxConnections) {}

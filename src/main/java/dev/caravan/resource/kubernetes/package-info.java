/**
 * Resources from an API server: fabric8's informers for the two kinds, and a watch for each single
 * object that resources refer to. What they hold is turned into one snapshot by one thread,
 * whatever the events were.
 *
 * <p>Nothing here writes to the API server.
 */
package dev.caravan.resource.kubernetes;

/**
 * What is told about each request: the access log and the metrics. It is called by the request path
 * and calls no one; a label never holds a value that a client can choose freely, and no record ever
 * holds a key or a body.
 */
package dev.caravan.telemetry;

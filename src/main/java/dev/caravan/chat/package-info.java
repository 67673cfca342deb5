/**
 * The OpenAI chat protocol on the wire: what a request body says and how it is edited in place,
 * what an answer (JSON or server-sent events) tells while it is relayed. Pure functions of bytes on
 * top of jackson-core's streaming parser. No HTTP, no Camel, no Vert.x, no threads and no input or
 * output may live here, nor anything that knows of hosts, routes or keys.
 */
package dev.caravan.chat;

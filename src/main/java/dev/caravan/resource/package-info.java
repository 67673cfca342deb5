/**
 * Where resources come from: a directory of YAML, or an API server ({@code kubernetes}). A source
 * reads and checks types, as an API server would; what a resource means is decided in {@code plan}.
 *
 * <p>Depends on {@code api} only.
 */
package dev.caravan.resource;

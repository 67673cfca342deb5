/**
 * The custom resources as Java: the spec records of {@code LLMProvider} and {@code LLMRoute},
 * spelled as in YAML, and what a reader of resources hands on (resources, Secrets, problems, a
 * snapshot of all of them).
 *
 * <p>Nothing here validates, plans or does I/O, and nothing here depends on another package of
 * Caravan. {@link dev.caravan.api.ResourceSnapshot} lives here so that {@code resource} (which
 * fills it) and {@code plan} (which reads it) need not know each other.
 */
package dev.caravan.api;

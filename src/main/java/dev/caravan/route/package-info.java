/**
 * From a plan to Camel routes in force: the builder of a host's route, the steps that it is made
 * of, the table that finds it and the installer that swaps generations without dropping a request.
 * No custom resource is interpreted here; that is what {@code plan} is for.
 */
package dev.caravan.route;

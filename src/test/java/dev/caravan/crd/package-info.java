/** Generates {@code crds/} from the records of {@code api}, and holds that it was done. */
package dev.caravan.crd;

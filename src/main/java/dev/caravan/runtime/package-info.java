/**
 * The running application: it reads the settings, makes the parts and joins them, and answers on
 * the management port. Only {@code cli} may use it; no decision about traffic is taken here.
 */
package dev.caravan.runtime;

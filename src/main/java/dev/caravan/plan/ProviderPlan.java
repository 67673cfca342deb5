package dev.caravan.plan;

/**
 * How a provider is reached.
 *
 * @param host in lower case
 * @param path replaces the client's; null: the client's stays
 * @param maxConnections 0: unlimited
 * @param outlier null: never ejected
 */
public record ProviderPlan(
    String host,
    int port,
    String path,
    Tls tls,
    Timeouts timeouts,
    int maxConnections,
    OutlierPlan outlier) {}

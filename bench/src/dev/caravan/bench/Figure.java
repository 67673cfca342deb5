package dev.caravan.bench;

/** What is measured of a peer in a round: a row of the table. */
enum Figure {
  START("exec to first answer", "s", 2),
  START_CPU("CPU until then", "s", 2),
  FIRST_REQUEST("duration of that first answer", "ms", 1),
  RSS_IDLE("RSS idle", "MB", 0),
  RSS_LOADED("RSS after all load", "MB", 0),
  SMALL_RATE("70 B bodies, 32 connections: throughput", "req/s", 0),
  SMALL_P50("70 B bodies, 32 connections: p50", "ms", 2),
  SMALL_P99("70 B bodies, 32 connections: p99", "ms", 2),
  SMALL_CPU("**70 B bodies, 32 connections: CPU per 1,000 requests**", "s", 4),
  LARGE_RATE("4 KB bodies, 32 connections: throughput", "req/s", 0),
  LARGE_P50("4 KB bodies, 32 connections: p50", "ms", 2),
  LARGE_P99("4 KB bodies, 32 connections: p99", "ms", 2),
  LARGE_CPU("4 KB bodies, 32 connections: CPU per 1,000 requests", "s", 4),
  FIXED_P50("1,000 req/s: p50", "ms", 2),
  FIXED_P99("1,000 req/s: p99", "ms", 2),
  ADDED_P50("1,000 req/s: p50 added to the direct call", "ms", 2),
  ADDED_P99("1,000 req/s: p99 added to the direct call", "ms", 2),
  FIXED_CPU("1,000 req/s: CPU per 1,000 requests", "s", 4),
  TTFT_P50("100 streams: time to first token p50", "ms", 2),
  TTFT_P99("100 streams: time to first token p99", "ms", 2),
  DELAY_P50("100 streams: token delay p50", "ms", 2),
  DELAY_P99("100 streams: token delay p99", "ms", 2),
  EVENT_CPU("**100 streams: CPU per relayed event**", "us", 1),
  UNLOGGED("requests that its access log does not show", "%", 2, false),
  OTHER_LOAD("other load on the machine, in the worst phase", "cores", 2, false);

  final String label;
  final String unit;
  final int decimals;

  /** Whether a ratio of two peers tells anything. */
  final boolean compared;

  Figure(String label, String unit, int decimals) {
    this(label, unit, decimals, true);
  }

  Figure(String label, String unit, int decimals, boolean compared) {
    this.label = label;
    this.unit = unit;
    this.decimals = decimals;
    this.compared = compared;
  }
}

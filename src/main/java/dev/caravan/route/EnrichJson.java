package dev.caravan.route;

import dev.caravan.http.Call;
import dev.caravan.http.Failure;
import dev.caravan.http.FailureException;
import dev.caravan.http.RequestBody;
import dev.caravan.http.UpstreamComponent;
import dev.caravan.http.UpstreamRequest;
import dev.caravan.plan.BackendPlan;
import dev.caravan.plan.ModelConfig;
import dev.caravan.plan.ProviderPlan;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Begins the request to a provider: path, Host and, in a chat body, {@code model}, {@code stream}
 * and the usage option. What is no chat request keeps its own path and bytes.
 */
final class EnrichJson implements Processor {
  private final String rule;
  private final BackendPlan backend;
  private final ProviderPlan provider;
  private final ModelConfig config;
  private final UpstreamComponent upstream;

  EnrichJson(
      String rule,
      BackendPlan backend,
      ProviderPlan provider,
      ModelConfig config,
      UpstreamComponent upstream) {
    this.rule = rule;
    this.backend = backend;
    this.provider = provider;
    this.config = config;
    this.upstream = upstream;
  }

  @Override
  public void process(Exchange exchange) throws FailureException {
    Call call = Call.of(exchange);
    call.telemetry().routed(rule, provider.host());
    RequestBody body = call.body();
    UpstreamRequest request = call.newUpstreamRequest().hostHeader(backend.hostRewrite());
    if (body.isChat()) {
      boolean askUsage = !upstream.refusesUsageOption(provider.host(), provider.port());
      request.path(provider.path()).edit(config.model(), config.stream(), askUsage);
    } else if (body.unreadableEncoding() != null && writesBody()) {
      throw Failure.UNSUPPORTED_ENCODING.because(
          "the request body is compressed with %s, which Caravan cannot read; send gzip or none"
              .formatted(printable(body.unreadableEncoding())));
    }
  }

  private boolean writesBody() {
    return config.model() != null || config.stream() != null;
  }

  private static String printable(String encoding) {
    return encoding.length() > 32 ? encoding.substring(0, 32) : encoding;
  }
}

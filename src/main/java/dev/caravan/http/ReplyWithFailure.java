package dev.caravan.http;

import jakarta.inject.Named;
import jakarta.inject.Singleton;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jboss.logging.Logger;

/**
 * The ingress route's error handling: a {@link Failure} becomes the answer; anything else is a
 * defect and logged.
 */
@Singleton
@Named("replyWithFailure")
public class ReplyWithFailure implements Processor {
  private static final Logger LOG = Logger.getLogger(ReplyWithFailure.class);

  @Override
  public void process(Exchange exchange) {
    Throwable problem = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    if (!(problem instanceof FailureException)) {
      LOG.error("a request failed in a way that Caravan does not know", problem);
    }
    Call.of(exchange).fail(FailureException.of(problem));
  }
}

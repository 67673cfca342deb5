package dev.caravan.http;

import jakarta.inject.Named;
import jakarta.inject.Singleton;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * The last step of a generated route: relays the provider's answer to the client and ends the
 * exchange with its last byte, so that Camel's in-flight count covers the stream.
 */
@Singleton
@Named("relay")
public class Relay extends AsyncProcessorSupport {

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Call call = Call.of(exchange);
    if (!call.onLoop()) {
      call.loop().runOnContext(v -> process(exchange, callback));
      return false;
    }
    new AnswerRelay(call, exchange, callback).start();
    return false;
  }
}

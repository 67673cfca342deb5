package dev.caravan.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.impl.ContextInternal;
import java.lang.reflect.Proxy;
import org.apache.camel.Exchange;

/**
 * Calls for routes that are tested without a server: the request is real in what a route reads of
 * it.
 */
public final class StubCalls {
  private StubCalls() {}

  /** Gives the exchange a call with these headers, {@code name, value, name, value...}. */
  public static Call enter(Exchange exchange, String uri, String... headers) throws Exception {
    MultiMap fields = MultiMap.caseInsensitiveMultiMap();
    for (int i = 0; i < headers.length; i += 2) {
      fields.add(headers[i], headers[i + 1]);
    }
    HttpServerResponse response = stub(HttpServerResponse.class, (method, self) -> self);
    HttpServerRequest request =
        stub(
            HttpServerRequest.class,
            (method, self) ->
                switch (method) {
                  case "headers" -> fields;
                  case "response" -> response;
                  case "method" -> HttpMethod.POST;
                  default -> null;
                });
    ContextInternal noLoop = stub(ContextInternal.class, (method, self) -> null);
    Call call = new Call(request, RequestTarget.of(uri, fields), noLoop);
    exchange.setProperty(Call.PROPERTY, call);
    return call;
  }

  /** Gives the call a JSON body, as the ingress route's reader would. */
  public static void body(Call call, String json) throws Exception {
    var scanner = new dev.caravan.chat.ChatBodyScanner();
    byte[] bytes = json.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    scanner.feed(bytes, 0, bytes.length);
    call.body(new RequestBody.InMemory(bytes, scanner.finish(), () -> {}));
  }

  private interface Answers {
    Object answer(String method, Object self);
  }

  private static <T> T stub(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> {
              Object answer = answers.answer(method.getName(), self);
              boolean fits = method.getReturnType().isInstance(answer);
              return method.getReturnType() == boolean.class ? Boolean.FALSE : fits ? answer : null;
            }));
  }
}

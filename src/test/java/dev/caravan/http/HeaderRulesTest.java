package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeaderRulesTest {

  @Test
  void whatBelongsToOneConnectionStaysBehind() {
    MultiMap from = MultiMap.caseInsensitiveMultiMap();
    for (String name :
        new String[] {
          "Connection",
          "Keep-Alive",
          "Proxy-Connection",
          "Proxy-Authorization",
          "TE",
          "Trailer",
          "Transfer-Encoding",
          "Upgrade",
          "HTTP2-Settings",
          "Content-Length"
        }) {
      from.add(name, "x");
    }
    from.add("X-Request-Id", "1").add("Accept", "a").add("accept", "b");

    assertThat(copied(from, Set.of()).entries())
        .extracting(e -> e.getKey() + "=" + e.getValue())
        .containsExactly("X-Request-Id=1", "Accept=a", "accept=b");
  }

  @Test
  void whatTheConnectionHeaderNamesStaysBehindToo() {
    MultiMap from =
        MultiMap.caseInsensitiveMultiMap()
            .add("connection", "keep-alive, X-Hop , x-hop")
            .add("connection", "x-other")
            .add("x-hop", "1")
            .add("X-Other", "2")
            .add("x-end", "3");

    assertThat(copied(from, Set.of()).names()).containsExactly("x-end");
  }

  @Test
  void theCallerMayDropMore() {
    MultiMap from =
        MultiMap.caseInsensitiveMultiMap()
            .add("Authorization", "mine")
            .add("cookie", "c")
            .add("a", "b");

    assertThat(copied(from, Set.of("authorization", "cookie")).names()).containsExactly("a");
  }

  private static MultiMap copied(MultiMap from, Set<String> alsoDropped) {
    MultiMap to = MultiMap.caseInsensitiveMultiMap();
    HeaderRules.copyEndToEnd(from, to, alsoDropped);
    return to;
  }
}

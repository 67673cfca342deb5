package dev.caravan.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.MultiMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "/v1/models?a=b,      P.test,        p.test,  /v1/models, a=b",
        "/,                   p.test:8080,   p.test,  /,          none",
        "/?,                  p.test.,       p.test,  /,          ''",
        "*,                   p.test,        p.test,  *,          none",
        "http://q.test/x?y,   p.test,        q.test,  /x,         y",
        "http://q.test,       p.test,        q.test,  /,          none",
        "http://Q.test:80?y,  none,          q.test,  /,          y",
        "http://u:p@q.test/,  p.test,        q.test,  /,          none",
        "/a?u=http://x.test/, p.test,        p.test,  /a,         u=http://x.test/",
        "/x#f,                p.test,        p.test,  /x,         none",
        "/,                   [::1]:15001,   [::1],   /,          none",
      })
  void tellsHostPathAndQuery(String uri, String hostHeader, String host, String path, String query)
      throws FailureException {
    MultiMap headers = headers();
    if (hostHeader != null) {
      headers.add("Host", hostHeader);
    }

    assertThat(RequestTarget.of(uri, headers)).isEqualTo(new RequestTarget(host, path, query));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "p test", "p.test:http", "a/b", "p.test\"x", ":80"})
  void refusesWhatIsNoHost(String host) {
    assertThatThrownBy(() -> RequestTarget.of("/", headers().add("host", host)))
        .isInstanceOf(FailureException.class)
        .extracting(e -> ((FailureException) e).failure())
        .isEqualTo(Failure.MALFORMED_REQUEST);
  }

  @Test
  void refusesNoHostAndTwoThatDifferButNotTheSameTwice() throws FailureException {
    assertThatThrownBy(() -> RequestTarget.of("/", headers())).hasMessageContaining("no Host");
    assertThatThrownBy(
            () -> RequestTarget.of("/", headers().add("host", "a.test").add("host", "b.test")))
        .hasMessageContaining("two Host headers");
    assertThat(RequestTarget.of("/", headers().add("host", "a.test").add("Host", "A.test")).host())
        .isEqualTo("a.test");
  }

  @Test
  void aConfiguredPathKeepsTheClientsQuery() {
    RequestTarget target = new RequestTarget("p.test", "/", "a=%20b");

    assertThat(target.pathAndQuery("/v1/chat/completions"))
        .isEqualTo("/v1/chat/completions?a=%20b");
    assertThat(target.pathAndQuery(null)).isEqualTo("/?a=%20b");
  }

  private static MultiMap headers() {
    return MultiMap.caseInsensitiveMultiMap();
  }
}

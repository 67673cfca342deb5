package dev.caravan.sdk;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;

/** How an application's OpenAI client reaches Caravan. */
enum Way {
  /** Base URL at Caravan, Host header of the provider. */
  HOST_HEADER {
    @Override
    OpenAIOkHttpClient.Builder to(String host) {
      return OpenAIOkHttpClient.builder().baseUrl(CARAVAN + "/v1").putHeader("Host", host);
    }
  },
  /** Base URL at the provider, Caravan as its HTTP proxy. */
  HTTP_PROXY {
    @Override
    OpenAIOkHttpClient.Builder to(String host) {
      InetSocketAddress caravan = new InetSocketAddress(CARAVAN.getHost(), CARAVAN.getPort());
      return OpenAIOkHttpClient.builder()
          .baseUrl("http://" + host + "/v1")
          .proxy(new Proxy(Proxy.Type.HTTP, caravan));
    }
  };

  private static final URI CARAVAN = URI.create(System.getenv("CARAVAN"));

  abstract OpenAIOkHttpClient.Builder to(String host);

  /** A client of that host, without a key that any provider would take. */
  OpenAIClient clientFor(String host) {
    return to(host).apiKey("none").maxRetries(0).build();
  }
}

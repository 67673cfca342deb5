package dev.caravan.emulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/**
 * The emulator's remote control, plain HTTP on loopback: {@code GET /calls}, {@code POST /script},
 * {@code POST /gates/NAME} (opens it), {@code POST /close-idle}, {@code POST /reset}.
 */
final class AdminServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Emulator emulator;
  private final HttpServer server;

  AdminServer(Emulator emulator, int port) throws IOException {
    this.emulator = emulator;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      answer(exchange);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode answer;
    try {
      answer = perform(exchange);
    } catch (IllegalArgumentException | JsonProcessingException e) {
      reply(exchange, 400, JSON.createObjectNode().put("error", e.getMessage()));
      return;
    }
    reply(exchange, 200, answer);
  }

  private JsonNode perform(HttpExchange exchange) throws IOException {
    String call = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
    String gate = "POST /gates/";
    if (call.startsWith(gate)) {
      emulator.gate(call.substring(gate.length())).open();
      return done();
    }
    switch (call) {
      case "GET /calls" -> {
        return calls();
      }
      case "POST /script" -> ScriptJson.addTo(emulator, JSON.readTree(exchange.getRequestBody()));
      case "POST /close-idle" -> emulator.closeIdleConnections();
      case "POST /reset" -> emulator.reset();
      default -> throw new IllegalArgumentException("not known: " + call);
    }
    return done();
  }

  private static JsonNode done() {
    return JSON.createObjectNode().put("ok", true);
  }

  private JsonNode calls() {
    ObjectNode calls = JSON.createObjectNode().put("open_connections", emulator.openConnections());
    ObjectNode byHost = calls.putObject("calls");
    emulator.calls().forEach(byHost::put);
    ArrayNode requests = calls.putArray("requests");
    for (ReceivedRequest request : emulator.requests()) {
      requests
          .addObject()
          .put("host", request.host())
          .put("method", request.method())
          .put("target", request.target())
          .put("model", request.chat().model())
          .put("stream", request.chat().stream())
          .put("key_fingerprint", request.keyFingerprint())
          .put("body_length", request.bodyLength())
          .put("body_sha256", request.bodySha256())
          .put("sni", request.arrival().sni())
          .put("tls", request.arrival().tls())
          .put("connection", request.connection())
          .put("reused", request.arrival().reused())
          .put("ending", request.ending().map(Enum::name).orElse("UNDER_WAY"));
    }
    return calls;
  }

  private static void reply(HttpExchange exchange, int status, JsonNode json) throws IOException {
    byte[] body = JSON.writeValueAsBytes(json);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}

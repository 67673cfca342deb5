package dev.caravan.http;

import dev.caravan.chat.BodyEdit;
import dev.caravan.chat.ChatBody;

/**
 * What one attempt sends to a provider: the client's request, with what the steps of the generated
 * route changed in it.
 */
public final class UpstreamRequest {
  private final Call call;
  private String path;
  private String hostHeader;
  private UpstreamKey key;
  private String model;
  private Boolean stream;
  private BodyEdit edit;

  UpstreamRequest(Call call) {
    this.call = call;
  }

  /** Replaces the client's path; its query stays. */
  public UpstreamRequest path(String path) {
    this.path = path;
    return this;
  }

  /** The Host header; null = the provider's host. */
  public UpstreamRequest hostHeader(String host) {
    this.hostHeader = host;
    return this;
  }

  /** The provider's key; the client's own authorization and cookie then stay behind. */
  public UpstreamRequest key(UpstreamKey key) {
    this.key = key;
    return this;
  }

  /**
   * Edits a chat body.
   *
   * @param model null = the client's
   * @param stream null = the client's
   * @param askUsage have a stream tell its token counts
   */
  public UpstreamRequest edit(String model, Boolean stream, boolean askUsage) {
    this.model = model;
    this.stream = stream;
    ChatBody body = call.body().json();
    edit = body.edit(model, stream, askUsage);
    call.telemetry().asked(model == null ? body.model() : model, edit.stream());
    return this;
  }

  /** The same once more, without the usage option, for a provider that refuses it. */
  void withoutUsageOption() {
    edit(model, stream, false);
  }

  String target() {
    return call.target().pathAndQuery(path);
  }

  String hostHeader() {
    return hostHeader;
  }

  UpstreamKey key() {
    return key;
  }

  /** Null where the body goes up as it came. */
  BodyEdit edit() {
    return edit;
  }

  /** Whether a chat request goes up, whose answer is watched. */
  boolean isChat() {
    return edit != null;
  }

  boolean asksForStream() {
    return edit != null && edit.stream();
  }

  /** Whether the stream's usage event is Caravan's own wish, so that the client must not see it. */
  boolean usageAsked() {
    return edit != null && edit.usageAsked();
  }
}

package dev.caravan.http;

import dev.caravan.chat.ChatBody;

/** The body of a client's request, in the form in which it waits for a provider. */
public sealed interface RequestBody {
  /** No body at all. */
  RequestBody NONE = new None();

  /** What its top level says, where the body is JSON; null otherwise. */
  default ChatBody json() {
    return null;
  }

  /** Whether this is a chat request: a JSON object with {@code messages}. */
  default boolean isChat() {
    return json() != null && json().isChat();
  }

  /**
   * The Content-Encoding of a JSON body that Caravan cannot read and so cannot edit; null
   * otherwise.
   */
  default String unreadableEncoding() {
    return null;
  }

  /** Whether it can be sent a second time. */
  default boolean repeatable() {
    return true;
  }

  /** Frees memory or file; the body cannot be sent after that. */
  default void release() {}

  /** No body. */
  record None() implements RequestBody {}

  /**
   * A body in memory, at most {@link BodyStore#MEMORY_LIMIT_BYTES}.
   *
   * @param json null when it is not JSON
   */
  record InMemory(byte[] bytes, ChatBody json, Runnable onRelease) implements RequestBody {
    @Override
    public void release() {
      onRelease.run();
    }

    @Override
    public String toString() {
      return "InMemory[" + bytes.length + " bytes]";
    }
  }

  /**
   * A body in a file.
   *
   * @param json null when it is not JSON
   */
  record Spooled(SpoolFile file, ChatBody json) implements RequestBody {
    @Override
    public void release() {
      file.close();
    }
  }

  /**
   * A body that is not read before it goes up: no chat request, of any size.
   *
   * @param first what was read to find that out
   * @param length bytes in all, -1 = unknown (chunked)
   * @param unreadableEncoding see {@link RequestBody#unreadableEncoding()}
   */
  record Streaming(io.vertx.core.buffer.Buffer first, long length, String unreadableEncoding)
      implements RequestBody {
    @Override
    public boolean repeatable() {
      return false;
    }
  }
}

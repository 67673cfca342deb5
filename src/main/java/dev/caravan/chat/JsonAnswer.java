package dev.caravan.chat;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.List;

/** Reads a JSON answer while it is relayed, without holding it. */
final class JsonAnswer {
  private static final int MODEL = 0;
  private static final int USAGE = 1;
  private static final int ERROR = 2;
  private static final int MODEL_LIMIT = 1 << 10;
  private static final int LIMIT = 16 << 10;

  private static final List<JsonScanner.Watched> WATCHED =
      List.of(
          JsonScanner.Watched.member("model", MODEL_LIMIT),
          JsonScanner.Watched.member("usage", LIMIT),
          JsonScanner.Watched.member("error", LIMIT));

  private final AnswerFacts facts;
  private final JsonScanner scanner = new JsonScanner(WATCHED, this::member);
  private boolean malformed;

  JsonAnswer(AnswerFacts facts) {
    this.facts = facts;
  }

  void feed(byte[] bytes, int from, int to) {
    if (malformed) {
      return;
    }
    facts.substance = true;
    try {
      scanner.feed(bytes, from, to);
    } catch (MalformedJsonException e) {
      malformed = true;
    }
    facts.complete = scanner.complete();
  }

  private void member(int watched, long keyFrom, long from, long to, BoundedBytes raw) {
    if (watched < 0) {
      return;
    }
    if (raw.overflowed()) {
      if (watched == ERROR) {
        facts.error(null);
      }
      return;
    }
    try (JsonParser parser = JsonText.parser(raw.bytes(), 0, raw.length())) {
      parser.nextToken();
      read(watched, parser);
    } catch (IOException e) {
      // Valid JSON beyond a limit of Jackson's, such as a thousand levels: it stays unknown.
      return;
    }
  }

  private void read(int watched, JsonParser parser) throws IOException {
    switch (watched) {
      case MODEL -> facts.model(AnswerFacts.scalar(parser));
      case USAGE -> {
        if (parser.isExpectedStartObjectToken()) {
          facts.usage(AnswerFacts.readUsage(parser));
        }
      }
      default -> {
        if (AnswerFacts.isError(parser, parser.currentToken())) {
          facts.error(AnswerFacts.readErrorCode(parser, parser.currentToken()));
        }
      }
    }
  }
}

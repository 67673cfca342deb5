package dev.caravan.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes request bodies as text, as odd as valid JSON may be. */
final class BodyGenerator {
  private static final String[] EDITED = {"model", "stream", "stream_options"};
  private static final String[] SPACES = {"", "", "", " ", "\n", "\r\n\t", "  "};
  private static final String[] NUMBERS = {
    "0", "-0", "1e400", "-1E-400", "123456789012345678901234567890", "0.1", "2.50", "1E+2"
  };
  private static final String[] PIECES = {
    "a",
    "\\\"model\\\":",
    "\\\\",
    "\\/",
    "\\n",
    "\\u00e4",
    "\\uD83D\\uDE00",
    "\\udead",
    "汉字",
    "😀",
    "ä",
    "{",
    "}",
    "[",
    ",",
    "stream",
    "\\u0000",
    "\u007f",
    "\u2028"
  };

  private final RandomGenerator random;

  BodyGenerator(RandomGenerator random) {
    this.random = random;
  }

  /** A body: nearly always an object, with the edited members anywhere, several times or not. */
  String body() {
    String mark = one(20) ? "\ufeff" : "";
    String text = one(25) ? value(3) : object();
    return mark + space() + text + space();
  }

  private String object() {
    List<String> members = new ArrayList<>();
    int others = random.nextInt(4);
    for (int i = 0; i < others; i++) {
      members.add(member(string(), value(4)));
    }
    if (!one(6)) {
      members.add(member(key("messages"), value(4)));
    }
    for (String name : EDITED) {
      int times = one(3) ? 0 : one(4) ? 1 + random.nextInt(3) : 1;
      for (int i = 0; i < times; i++) {
        members.add(random.nextInt(members.size() + 1), member(key(name), edited(name)));
      }
    }
    return join('{', members, '}');
  }

  private String edited(String name) {
    if (one(5)) {
      return value(2);
    }
    return switch (name) {
      case "model" -> one(3) ? string() : "\"m1\"";
      case "stream" -> one(3) ? "false" : "true";
      default -> options();
    };
  }

  private String options() {
    List<String> members = new ArrayList<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      boolean asks = one(2);
      members.add(member(asks ? key("include_usage") : string(), asks ? scalar() : value(2)));
    }
    return join('{', members, '}');
  }

  private String member(String key, String value) {
    return key + space() + ":" + space() + value;
  }

  private String join(char open, List<String> parts, char close) {
    StringBuilder text = new StringBuilder().append(open).append(space());
    for (int i = 0; i < parts.size(); i++) {
      text.append(i == 0 ? "" : "," + space()).append(parts.get(i)).append(space());
    }
    return text.append(close).toString();
  }

  private String value(int depth) {
    if (one(200)) {
      int levels = random.nextInt(1, 300);
      return "[".repeat(levels) + scalar() + "]".repeat(levels);
    }
    if (depth == 0 || one(2)) {
      return scalar();
    }
    List<String> parts = new ArrayList<>();
    boolean array = one(2);
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      String key = one(3) ? key(EDITED[random.nextInt(EDITED.length)]) : string();
      parts.add(array ? value(depth - 1) : member(key, value(depth - 1)));
    }
    return array ? join('[', parts, ']') : join('{', parts, '}');
  }

  private String scalar() {
    return switch (random.nextInt(6)) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> "false";
      case 3 -> string();
      case 4 -> NUMBERS[random.nextInt(NUMBERS.length)];
      default -> Long.toString(random.nextLong());
    };
  }

  private String string() {
    StringBuilder text = new StringBuilder("\"");
    int pieces = random.nextInt(5);
    for (int i = 0; i < pieces; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.append('"').toString();
  }

  /** A name in one of its spellings. */
  private String key(String name) {
    if (!one(4)) {
      return '"' + name + '"';
    }
    StringBuilder text = new StringBuilder("\"");
    for (char c : name.toCharArray()) {
      String escape = one(2) ? "\\u%04x" : "\\u%04X";
      text.append(one(3) ? escape.formatted((int) c) : String.valueOf(c));
    }
    return text.append('"').toString();
  }

  private String space() {
    return SPACES[random.nextInt(SPACES.length)];
  }

  /** True once in {@code times}. */
  private boolean one(int times) {
    return random.nextInt(times) == 0;
  }
}

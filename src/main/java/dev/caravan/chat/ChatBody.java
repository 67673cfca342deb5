package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.caravan.chat.BodyEdit.Patch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** What a whole, valid request body says, and where. Immutable; holds nothing of the body. */
public final class ChatBody {
  private static final byte[] NOTHING = {};
  private static final byte[] TRUE = "true".getBytes(US_ASCII);
  private static final byte[] FALSE = "false".getBytes(US_ASCII);
  private static final byte[] ASKING = "{\"include_usage\":true}".getBytes(US_ASCII);
  private static final byte[] COMMA = ",".getBytes(US_ASCII);
  private static final byte[] MODEL = "\"model\":".getBytes(US_ASCII);
  private static final byte[] STREAM = "\"stream\":".getBytes(US_ASCII);
  private static final byte[] STREAM_OPTIONS = "\"stream_options\":".getBytes(US_ASCII);
  private static final byte[] INCLUDE_USAGE = "\"include_usage\":true".getBytes(US_ASCII);
  private static final long MARK_LENGTH = 3;

  private final long length;
  private final boolean marked;
  private final boolean object;
  private final boolean messages;
  private final List<Spelling<String>> models;
  private final List<Spelling<Boolean>> streams;
  private final List<Spelling<StreamOptions>> options;

  /** Where the first member that is no stream_options begins, -1 if there is none. */
  private final long firstOther;

  /** Where another member would be added. */
  private final long end;

  ChatBody(
      long length,
      boolean marked,
      boolean object,
      boolean messages,
      List<Spelling<String>> models,
      List<Spelling<Boolean>> streams,
      List<Spelling<StreamOptions>> options,
      long firstOther,
      long end) {
    this.length = length;
    this.marked = marked;
    this.object = object;
    this.messages = messages;
    this.models = models;
    this.streams = streams;
    this.options = options;
    this.firstOther = firstOther;
    this.end = end;
  }

  /** Length of the body as it came, in bytes. */
  public long length() {
    return length;
  }

  /** Whether the body is a JSON object. */
  public boolean isObject() {
    return object;
  }

  /** Whether the body is an object with a member {@code messages}, whatever its value. */
  public boolean isChat() {
    return object && messages;
  }

  /**
   * The client's model: the last top-level {@code model}, escapes decoded. Null if there is none,
   * or the last one is no string or longer than 1 KiB in the body.
   */
  public String model() {
    return models.isEmpty() ? null : models.getLast().value();
  }

  /** Whether the client asks for a stream: the last top-level {@code stream} is {@code true}. */
  public boolean stream() {
    return !streams.isEmpty() && Boolean.TRUE.equals(streams.getLast().value());
  }

  /** Whether the client itself asks for the usage event, by its last {@code stream_options}. */
  public boolean usageRequested() {
    return !options.isEmpty()
        && options.getLast().value() != null
        && options.getLast().value().usageRequested();
  }

  /**
   * The edit that makes the body say what is configured. Every top-level spelling of a configured
   * member gets the value, a missing one is added at the object's end; a byte order mark is
   * dropped. A configured {@code stream} of false removes every {@code stream_options}, which
   * providers refuse without a stream. A body that is no object loses its byte order mark only.
   *
   * @param model the model to write, null to leave the client's
   * @param stream the stream to write, null to leave the client's
   * @param askUsage whether to ask for the usage event where the answer will be a stream and the
   *     client does not ask for it
   */
  public BodyEdit edit(String model, Boolean stream, boolean askUsage) {
    List<Patch> patches = new ArrayList<>(4);
    if (marked) {
      patches.add(new Patch(0, MARK_LENGTH, NOTHING));
    }
    if (!object) {
      return new BodyEdit(patches, false, false);
    }
    boolean streaming = stream != null ? stream : stream();
    boolean asked = streaming && askUsage && !usageRequested();
    Addition addition = new Addition();
    if (model != null) {
      write(models, model, JsonText.quote(model), MODEL, patches, addition);
    }
    if (stream != null) {
      write(streams, stream, stream ? TRUE : FALSE, STREAM, patches, addition);
    }
    boolean removed = Boolean.FALSE.equals(stream) && !options.isEmpty();
    if (removed) {
      removeOptions(patches);
    } else if (asked) {
      askUsage(patches, addition);
    }
    boolean first = firstOther < 0 && (removed || options.isEmpty());
    addition.patchAt(end, first, patches);
    patches.sort(Comparator.comparingLong(Patch::from));
    return new BodyEdit(patches, streaming, asked);
  }

  private static <T> void write(
      List<Spelling<T>> spellings,
      T wanted,
      byte[] text,
      byte[] key,
      List<Patch> patches,
      Addition addition) {
    if (spellings.isEmpty()) {
      addition.member(key, text);
    }
    for (Spelling<T> spelling : spellings) {
      if (!wanted.equals(spelling.value())) {
        patches.add(new Patch(spelling.from(), spelling.to(), text));
      }
    }
  }

  /**
   * Each stream_options goes with the comma before it, except those before every other member,
   * which go together, with the comma after them.
   */
  private void removeOptions(List<Patch> patches) {
    long leadingTo = -1;
    for (Spelling<StreamOptions> spelling : options) {
      if (firstOther >= 0 && spelling.keyFrom() > firstOther) {
        patches.add(new Patch(spelling.previousTo(), spelling.to(), NOTHING));
      } else {
        leadingTo = spelling.to();
      }
    }
    if (leadingTo >= 0) {
      long to = firstOther >= 0 ? firstOther : leadingTo;
      patches.add(new Patch(options.getFirst().keyFrom(), to, NOTHING));
    }
  }

  private void askUsage(List<Patch> patches, Addition addition) {
    if (options.isEmpty()) {
      addition.member(STREAM_OPTIONS, ASKING);
    }
    for (Spelling<StreamOptions> spelling : options) {
      StreamOptions value = spelling.value();
      if (value == null) {
        patches.add(new Patch(spelling.from(), spelling.to(), ASKING));
      } else if (value.includeUsage().isEmpty()) {
        byte[] added = value.empty() ? INCLUDE_USAGE : join(COMMA, INCLUDE_USAGE);
        patches.add(new Patch(value.end(), value.end(), added));
      } else {
        write(value.includeUsage(), true, TRUE, INCLUDE_USAGE, patches, addition);
      }
    }
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }

  /** The members that are added at the end of the object, as one patch. */
  private static final class Addition {
    private byte[] members = NOTHING;

    void member(byte[] key, byte[] value) {
      byte[] member = join(key, value);
      members = members.length == 0 ? member : join(join(members, COMMA), member);
    }

    void patchAt(long offset, boolean first, List<Patch> patches) {
      if (members.length > 0) {
        patches.add(new Patch(offset, offset, first ? members : join(COMMA, members)));
      }
    }
  }
}

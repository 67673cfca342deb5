package dev.caravan.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.chat.BodyEdit.Patch;
import dev.caravan.chat.ParsedJson.Member;
import dev.caravan.chat.ParsedJson.Members;
import dev.caravan.chat.ParsedJson.Plain;
import dev.caravan.chat.ParsedJson.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Generated bodies, judged by Jackson. */
class ChatBodyPropertyTest {
  private static final long SEED = Long.getLong("caravan.seed", 20_251_125L);
  private static final int BODIES = 10_000;
  private static final int MUTANTS = 30_000;
  private static final Plain TRUE = new Plain("true");

  /** What is configured. */
  private record Wanted(String model, Boolean stream, boolean askUsage) {}

  @Test
  void changesExactlyTheIntendedMembers() throws Exception {
    System.out.println("ChatBodyPropertyTest: -Dcaravan.seed=" + SEED);
    RandomGenerator random = new SplittableRandom(SEED);
    BodyGenerator generator = new BodyGenerator(random);
    int edited = 0;
    for (int i = 0; i < BODIES; i++) {
      String text = generator.body();
      byte[] body = text.getBytes(UTF_8);
      Wanted wanted = wanted(random);
      ChatBody read = scan(body, random);
      BodyEdit edit = read.edit(wanted.model(), wanted.stream(), wanted.askUsage());
      byte[] after = edit.apply(body);
      edited += edit.isEmpty() ? 0 : 1;

      ParsedJson before = ParsedJson.read(body).orElseThrow();
      int number = i;
      Supplier<String> description =
          () -> "body %d with %s: %s -> %s".formatted(number, wanted, text, str(after));
      assertThat(ParsedJson.read(after)).as(description).contains(intended(before, wanted));
      assertThat(read.model()).as(description).isEqualTo(lastModel(before));
      assertThat(read.stream()).as(description).isEqualTo(saysTrue(before, "stream"));
      assertThat(read.usageRequested()).as(description).isEqualTo(requested(before));
      assertThat(read.isChat()).as(description).isEqualTo(last(before, "messages").isPresent());
      assertThat(edit.lengthAfter(body.length)).as(description).isEqualTo(after.length);
      assertPatchesAreSound(edit, body, after, description);
    }
    assertThat(edited).isGreaterThan(BODIES / 2);
  }

  @Test
  void slicesOfAnySizeGiveTheSameEdit() throws Exception {
    RandomGenerator random = new SplittableRandom(SEED + 1);
    BodyGenerator generator = new BodyGenerator(random);
    for (int i = 0; i < BODIES; i++) {
      byte[] body = generator.body().getBytes(UTF_8);
      Wanted wanted = wanted(random);
      ChatBodyScanner whole = new ChatBodyScanner();
      whole.feed(body, 0, body.length);
      byte[] expected = edit(whole.finish(), wanted).apply(body);

      ChatBody sliced = scan(body, random);

      assertThat(sliced.length()).isEqualTo(body.length);
      assertThat(edit(sliced, wanted).apply(body)).as(() -> str(body)).isEqualTo(expected);
    }
  }

  /** No difference is intended: grammar, UTF-8 and the byte order mark are all judged the same. */
  @Test
  void judgesMutatedBodiesAsJacksonDoes() {
    RandomGenerator random = new SplittableRandom(SEED + 2);
    BodyGenerator generator = new BodyGenerator(random);
    int valid = 0;
    for (int i = 0; i < MUTANTS; i++) {
      byte[] body = mutate(generator.body().getBytes(UTF_8), random);
      boolean expected = ParsedJson.read(body).isPresent();
      valid += expected ? 1 : 0;

      assertThat(accepts(body, random)).as(() -> str(body)).isEqualTo(expected);
    }
    assertThat(valid).isBetween(MUTANTS / 20, MUTANTS * 19 / 20);
  }

  private static Wanted wanted(RandomGenerator random) {
    String[] models = {null, "m1", "qu\"ote\\ä😀"};
    Boolean[] streams = {null, true, false};
    return new Wanted(models[random.nextInt(3)], streams[random.nextInt(3)], random.nextBoolean());
  }

  private static BodyEdit edit(ChatBody body, Wanted wanted) {
    return body.edit(wanted.model(), wanted.stream(), wanted.askUsage());
  }

  /** Fed in slices of random sizes, each from an array of its own that is wiped afterwards. */
  private static ChatBody scan(byte[] body, RandomGenerator random) throws MalformedJsonException {
    ChatBodyScanner scanner = new ChatBodyScanner();
    int most = random.nextInt(1, 64);
    for (int from = 0; from < body.length; ) {
      int to = Math.min(body.length, from + random.nextInt(0, most + 1));
      byte[] slice = Arrays.copyOfRange(body, from, to);
      scanner.feed(slice, 0, slice.length);
      Arrays.fill(slice, (byte) '"');
      from = to;
    }
    return scanner.finish();
  }

  private static boolean accepts(byte[] body, RandomGenerator random) {
    try {
      scan(body, random);
      return true;
    } catch (MalformedJsonException e) {
      return false;
    }
  }

  private static void assertPatchesAreSound(
      BodyEdit edit, byte[] body, byte[] after, Supplier<String> description) {
    int read = 0;
    int written = 0;
    List<Patch> patches = new ArrayList<>(edit.patches());
    patches.add(new Patch(body.length, body.length, new byte[0]));
    for (Patch patch : patches) {
      assertThat(patch.from()).as(description).isGreaterThanOrEqualTo(read);
      assertThat(patch.to()).as(description).isGreaterThanOrEqualTo(patch.from());
      int kept = (int) patch.from() - read;
      boolean same = Arrays.equals(body, read, read + kept, after, written, written + kept);
      assertThat(same).as(description).isTrue();
      read = (int) patch.to();
      written += kept + patch.replacement().length;
    }
    assertThat(written).as(description).isEqualTo(after.length);
  }

  // ---- what is intended, said once more, on the tree ----

  private static ParsedJson intended(ParsedJson before, Wanted wanted) {
    if (!(before instanceof Members(List<Member> list))) {
      return before;
    }
    List<Member> members = new ArrayList<>(list);
    if (wanted.model() != null) {
      set(members, "model", new Text(wanted.model()));
    }
    if (wanted.stream() != null) {
      set(members, "stream", new Plain(wanted.stream().toString()));
    }
    if (Boolean.FALSE.equals(wanted.stream())) {
      members.removeIf(member -> member.name().equals("stream_options"));
    } else if (wanted.askUsage()
        && saysTrue(new Members(members), "stream")
        && !requested(before)) {
      askUsage(members);
    }
    return new Members(members);
  }

  private static void askUsage(List<Member> members) {
    if (members.stream().noneMatch(member -> member.name().equals("stream_options"))) {
      members.add(new Member("stream_options", new Members(List.of())));
    }
    members.replaceAll(
        member -> {
          if (!member.name().equals("stream_options")) {
            return member;
          }
          List<Member> options =
              member.value() instanceof Members(List<Member> list)
                  ? new ArrayList<>(list)
                  : new ArrayList<>();
          set(options, "include_usage", TRUE);
          return new Member(member.name(), new Members(options));
        });
  }

  private static void set(List<Member> members, String name, ParsedJson value) {
    if (members.stream().noneMatch(member -> member.name().equals(name))) {
      members.add(new Member(name, value));
    }
    members.replaceAll(member -> member.name().equals(name) ? new Member(name, value) : member);
  }

  private static Optional<ParsedJson> last(ParsedJson json, String name) {
    if (!(json instanceof Members(List<Member> list))) {
      return Optional.empty();
    }
    return list.reversed().stream()
        .filter(member -> member.name().equals(name))
        .map(Member::value)
        .findFirst();
  }

  private static String lastModel(ParsedJson json) {
    return last(json, "model").orElse(null) instanceof Text(String model) ? model : null;
  }

  private static boolean saysTrue(ParsedJson json, String name) {
    return last(json, name).equals(Optional.of(TRUE));
  }

  private static boolean requested(ParsedJson json) {
    return last(json, "stream_options").map(o -> saysTrue(o, "include_usage")).orElse(false);
  }

  // ---- mutations ----

  private static byte[] mutate(byte[] body, RandomGenerator random) {
    byte[] mutant = body.clone();
    int changes = random.nextInt(3);
    for (int i = 0; i < changes && mutant.length > 0; i++) {
      int at = random.nextInt(mutant.length);
      mutant =
          switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(mutant, at);
            case 1 -> spliced(mutant, at, at + 1, new byte[0]);
            case 2 -> spliced(mutant, at, at, odd(random));
            default -> spliced(mutant, at, at + 1, odd(random));
          };
    }
    return mutant;
  }

  private static byte[] odd(RandomGenerator random) {
    String structure = "{}[]:,\"\\ \n\t\f01-+.eEtrufalsn/'\u007f";
    byte[] one = new byte[1];
    one[0] =
        random.nextInt(3) == 0
            ? (byte) random.nextInt(256)
            : (byte) structure.charAt(random.nextInt(structure.length()));
    return one;
  }

  private static byte[] spliced(byte[] source, int from, int to, byte[] middle) {
    byte[] result = new byte[source.length - (to - from) + middle.length];
    System.arraycopy(source, 0, result, 0, from);
    System.arraycopy(middle, 0, result, from, middle.length);
    System.arraycopy(source, to, result, from + middle.length, source.length - to);
    return result;
  }

  private static String str(byte[] body) {
    return new String(body, UTF_8);
  }
}

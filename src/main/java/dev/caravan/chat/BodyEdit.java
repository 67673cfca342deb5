package dev.caravan.chat;

import java.util.List;

/**
 * What to replace in a request body; every byte outside of the patches stays.
 *
 * @param patches sorted by position, not overlapping; those that touch apply in their order
 * @param stream whether the edited body asks for a stream
 * @param usageAsked whether Caravan asks for the usage event and the client did not
 */
public record BodyEdit(List<Patch> patches, boolean stream, boolean usageAsked) {
  /**
   * Bytes {@code [from, to)} of the body, offsets from its start, give way to the replacement; an
   * insertion where both are the same.
   */
  public record Patch(long from, long to, byte[] replacement) {}

  /** Keeps its own list of the patches. */
  public BodyEdit {
    patches = List.copyOf(patches);
  }

  /** Whether the body goes on as it came. */
  public boolean isEmpty() {
    return patches.isEmpty();
  }

  /** Length of a body of {@code length} bytes after the edit, in bytes. */
  public long lengthAfter(long length) {
    long after = length;
    for (Patch patch : patches) {
      after += patch.replacement().length - (patch.to() - patch.from());
    }
    return after;
  }

  /**
   * The edited body as one new array.
   *
   * @param body the whole body that was scanned
   * @throws ArithmeticException if the edited body would not fit into an array
   */
  public byte[] apply(byte[] body) {
    byte[] edited = new byte[Math.toIntExact(lengthAfter(body.length))];
    int read = 0;
    int written = 0;
    for (Patch patch : patches) {
      int kept = (int) patch.from() - read;
      System.arraycopy(body, read, edited, written, kept);
      written += kept;
      int added = patch.replacement().length;
      System.arraycopy(patch.replacement(), 0, edited, written, added);
      written += added;
      read = (int) patch.to();
    }
    System.arraycopy(body, read, edited, written, body.length - read);
    return edited;
  }
}

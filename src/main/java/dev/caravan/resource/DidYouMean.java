package dev.caravan.resource;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Finds the name that was probably meant. */
final class DidYouMean {
  private DidYouMean() {}

  /** {@code ; did you mean matches?} or, if no candidate is close, nothing. */
  static String suffix(String written, Collection<String> candidates) {
    return candidates.stream()
        .filter(candidate -> isClose(fold(written), fold(candidate)))
        .min(Comparator.comparingInt(candidate -> distance(fold(written), fold(candidate))))
        .map("; did you mean %s?"::formatted)
        .orElse("");
  }

  private static String fold(String name) {
    return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  private static boolean isClose(String written, String candidate) {
    int shorter = Math.min(written.length(), candidate.length());
    return shorter >= 3 && (written.startsWith(candidate) || candidate.startsWith(written))
        || distance(written, candidate) <= Math.min(2, shorter / 3);
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}

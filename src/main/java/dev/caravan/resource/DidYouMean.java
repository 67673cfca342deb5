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

  /** Insertions, deletions, replacements and swaps of neighbours. */
  private static int distance(String a, String b) {
    int[][] of = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          of[i][j] = i + j;
          continue;
        }
        int replaced = of[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        of[i][j] = Math.min(replaced, 1 + Math.min(of[i - 1][j], of[i][j - 1]));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          of[i][j] = Math.min(of[i][j], of[i - 2][j - 2] + 1);
        }
      }
    }
    return of[a.length()][b.length()];
  }
}

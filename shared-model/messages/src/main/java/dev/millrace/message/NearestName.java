package dev.millrace.message;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeSet;

/** Helps people who mistyped a name. */
public final class NearestName {
    private NearestName() {}

    /**
     * The known name with the fewest single-letter edits to the found one, if it is close enough to be meant; three letters
     * that a name begins with are close.
     */
    public static Optional<String> of(String found, Collection<String> known) {
        return new TreeSet<>(known)
                .stream()
                        .filter(name -> edits(found, name) <= Math.max(2, name.length() / 3) || begins(name, found))
                        .min(Comparator.comparingInt(name -> edits(found, name)));
    }

    private static boolean begins(String name, String found) {
        return found.length() >= 3 && name.regionMatches(true, 0, found, 0, found.length());
    }

    /** {@code did you mean 'pruning'? known: evaluation, pruning}, for {@link Problem#allowed()}. */
    public static String choices(String found, Collection<String> known) {
        String list = known.isEmpty() ? "none is known" : "known: " + String.join(", ", new TreeSet<>(known));
        return of(found, known)
                .map(name -> "did you mean '" + name + "'? " + list)
                .orElse(list);
    }

    /** Levenshtein distance, case ignored. */
    private static int edits(String found, String known) {
        int[] previous = new int[known.length() + 1];
        for (int column = 0; column < previous.length; column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= found.length(); row++) {
            int[] current = new int[previous.length];
            current[0] = row;
            for (int column = 1; column < current.length; column++) {
                boolean same =
                        Character.toLowerCase(found.charAt(row - 1)) == Character.toLowerCase(known.charAt(column - 1));
                current[column] = Math.min(
                        Math.min(current[column - 1], previous[column]) + 1, previous[column - 1] + (same ? 0 : 1));
            }
            previous = current;
        }
        return previous[known.length()];
    }
}

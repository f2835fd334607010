package dev.millrace.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import dev.millrace.message.Choice;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * All choices of a search, and which combinations of them are valid.
 *
 * <p>Strategies work on points: {@code point[i]} is the index of the value of choice {@code i}, {@value #ABSENT} where the
 * choice does not exist because its condition does not hold.
 */
public final class Space {
    static final int ABSENT = -1;

    private static final int TRIES = 1_000;
    private static final int MOST_TO_ENUMERATE = 100_000;

    private final List<Choice> choices;
    private final Predicate<Map<String, JsonNode>> valid;
    private final List<Map<JsonNode, Integer>> indices = new ArrayList<>();
    private final int[] parents;
    private final boolean[][] enabled;

    /** A space in which every combination is valid. */
    public Space(List<Choice> choices) {
        this(choices, values -> true);
    }

    /**
     * @param valid whether a combination may be tried at all; must be a pure function
     * @throws RefusedException {@code BAD_SPACE} if there is no choice, a name or value occurs twice, a choice has no value,
     *     or a condition names no earlier choice or no value of it
     */
    public Space(List<Choice> choices, Predicate<Map<String, JsonNode>> valid) {
        this.choices = List.copyOf(choices);
        this.valid = valid;
        if (choices.isEmpty()) {
            throw new RefusedException("BAD_SPACE", "choices", "none", "at least one choice");
        }
        parents = new int[choices.size()];
        enabled = new boolean[choices.size()][];
        var names = new ArrayList<String>();
        for (int i = 0; i < choices.size(); i++) {
            var choice = choices.get(i);
            if (names.contains(choice.name())) {
                throw new RefusedException("BAD_SPACE", "choice", "'" + choice.name() + "' twice", "each name once");
            }
            indices.add(indices(choice));
            parents[i] = ABSENT;
            if (choice.onlyIf() != null) {
                bind(i, choice, choice.onlyIf(), names);
            }
            names.add(choice.name());
        }
    }

    private static Map<JsonNode, Integer> indices(Choice choice) {
        var indices = new HashMap<JsonNode, Integer>();
        for (var value : choice.values()) {
            if (indices.put(key(value), indices.size()) != null) {
                throw new RefusedException(
                        "BAD_SPACE", "choice '" + choice.name() + "'", value + " twice", "each value once");
            }
        }
        if (indices.isEmpty()) {
            throw new RefusedException("BAD_SPACE", "choice '" + choice.name() + "'", "no value", "at least one");
        }
        return indices;
    }

    /** Equal for equal JSON, however wide the Java number behind it is. */
    private static JsonNode key(JsonNode value) {
        if (value.isIntegralNumber() && value.canConvertToLong()) {
            return LongNode.valueOf(value.longValue());
        }
        return value.isFloat() ? DoubleNode.valueOf(Double.parseDouble(value.asText())) : value;
    }

    private void bind(int index, Choice choice, Choice.Condition condition, List<String> earlier) {
        var where = "condition of choice '" + choice.name() + "'";
        int parent = earlier.indexOf(condition.choice());
        if (parent < 0) {
            throw new RefusedException(
                    "BAD_SPACE",
                    where,
                    "'" + condition.choice() + "'",
                    "an earlier choice; " + NearestName.choices(condition.choice(), earlier));
        }
        parents[index] = parent;
        enabled[index] = new boolean[choices.get(parent).values().size()];
        for (var value : condition.values()) {
            var at = indices.get(parent).get(key(value));
            if (at == null) {
                throw new RefusedException(
                        "BAD_SPACE", where, value.toString(), "a value of '" + condition.choice() + "'");
            }
            enabled[index][at] = true;
        }
    }

    public List<Choice> choices() {
        return choices;
    }

    /** Number of combinations if every choice always existed and all were valid: an upper bound. */
    public double size() {
        return choices.stream().mapToDouble(choice -> choice.values().size()).reduce(1, (a, b) -> a * b);
    }

    /** The values of a point by the name of the choice, in the order of the choices; absent choices are left out. */
    Map<String, JsonNode> values(int[] point) {
        var values = new LinkedHashMap<String, JsonNode>();
        for (int i = 0; i < point.length; i++) {
            if (point[i] != ABSENT) {
                values.put(choices.get(i).name(), choices.get(i).values().get(point[i]));
            }
        }
        return values;
    }

    /**
     * The point with these values.
     *
     * @throws RefusedException {@code NOT_IN_SPACE} for a value that a choice does not have
     */
    int[] point(Map<String, JsonNode> values) {
        int[] point = new int[choices.size()];
        for (int i = 0; i < point.length; i++) {
            var value = values.get(choices.get(i).name());
            var index = value == null ? Integer.valueOf(ABSENT) : indices.get(i).get(key(value));
            if (index == null) {
                throw new RefusedException(
                        "NOT_IN_SPACE",
                        choices.get(i).name(),
                        String.valueOf(value),
                        choices.get(i).values().toString());
            }
            point[i] = index;
        }
        return point;
    }

    /** Whether choice {@code index} exists, judged by the choices before it. */
    boolean exists(int[] point, int index) {
        int parent = parents[index];
        return parent == ABSENT || (point[parent] != ABSENT && enabled[index][point[parent]]);
    }

    /** The same point with choices that must not exist removed, and random values where one is missing. */
    int[] settled(int[] point, RandomGenerator random) {
        int[] settled = point.clone();
        for (int i = 0; i < settled.length; i++) {
            if (!exists(settled, i)) {
                settled[i] = ABSENT;
            } else if (settled[i] == ABSENT) {
                settled[i] = random.nextInt(choices.get(i).values().size());
            }
        }
        return settled;
    }

    int[] random(RandomGenerator random) {
        int[] nothing = new int[choices.size()];
        Arrays.fill(nothing, ABSENT);
        return settled(nothing, random);
    }

    /** The point with one existing choice changed: an ordered one mostly by one place, any other to any value. */
    int[] mutated(int[] point, RandomGenerator random) {
        int[] changeable = IntStream.range(0, point.length)
                .filter(i -> point[i] != ABSENT && choices.get(i).values().size() > 1)
                .toArray();
        if (changeable.length == 0) {
            return point.clone();
        }
        int i = changeable[random.nextInt(changeable.length)];
        int count = choices.get(i).values().size();
        int[] mutated = point.clone();
        if (choices.get(i).ordered() && random.nextInt(4) != 0) {
            int step = point[i] == 0 ? 1 : point[i] == count - 1 ? -1 : random.nextBoolean() ? 1 : -1;
            mutated[i] = point[i] + step;
        } else {
            mutated[i] = (point[i] + 1 + random.nextInt(count - 1)) % count;
        }
        return settled(mutated, random);
    }

    /** Whether the combination may be tried. */
    boolean isValid(int[] point) {
        return valid.test(values(point));
    }

    /**
     * A valid point that has not been tried, at random; looks through all points before it gives up, if they are not too
     * many.
     */
    Optional<int[]> untried(RandomGenerator random, Predicate<int[]> tried) {
        for (int i = 0; i < TRIES; i++) {
            int[] point = random(random);
            if (!tried.test(point) && isValid(point)) {
                return Optional.of(point);
            }
        }
        return size() <= MOST_TO_ENUMERATE ? firstUntried(tried) : Optional.empty();
    }

    private Optional<int[]> firstUntried(Predicate<int[]> tried) {
        var seen = new HashSet<List<Integer>>();
        int[] counter = new int[choices.size()];
        do {
            int[] point = settled(counter, new SplittableRandom(0));
            boolean isNew = seen.add(Arrays.stream(point).boxed().toList());
            if (isNew && !tried.test(point) && isValid(point)) {
                return Optional.of(point);
            }
        } while (increment(counter));
        return Optional.empty();
    }

    /** All valid points if there are at most {@code most} combinations, else as many random ones, some perhaps twice. */
    List<int[]> points(int most, RandomGenerator random) {
        if (size() > most) {
            return IntStream.range(0, most)
                    .mapToObj(i -> random(random))
                    .filter(this::isValid)
                    .toList();
        }
        var points = new LinkedHashMap<List<Integer>, int[]>();
        int[] counter = new int[choices.size()];
        do {
            int[] point = settled(counter, random);
            points.putIfAbsent(Arrays.stream(point).boxed().toList(), point);
        } while (increment(counter));
        return points.values().stream().filter(this::isValid).toList();
    }

    /** The point of the first values with choice {@code index} at {@code value}, and what it depends on so that it exists. */
    int[] only(int index, int value) {
        int[] wanted = new int[choices.size()];
        wanted[index] = value;
        for (int at = index; parents[at] != ABSENT; at = parents[at]) {
            int child = at;
            wanted[parents[at]] = IntStream.range(0, enabled[child].length)
                    .filter(v -> enabled[child][v])
                    .findFirst()
                    .orElse(0);
        }
        int[] point = wanted.clone();
        for (int i = 0; i < point.length; i++) {
            point[i] = exists(point, i) ? wanted[i] : ABSENT;
        }
        return point;
    }

    private boolean increment(int[] counter) {
        for (int i = 0; i < counter.length; i++) {
            if (++counter[i] < choices.get(i).values().size()) {
                return true;
            }
            counter[i] = 0;
        }
        return false;
    }
}

package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Something about an architecture that a space leaves open or fixes.
 *
 * @param name as in the description of the space
 * @param usual JSON of the value where the description says nothing; empty if the knob is then left out
 * @param ordered whether a larger value is more of the same
 * @param accepts whether a value is allowed at all
 * @param allowed the same in words
 * @param needs what another knob must be for this one to matter; absent if it always does
 * @param ofStages whether every stage may have its own value
 */
record Knob(
        String name,
        String usual,
        boolean ordered,
        Predicate<JsonNode> accepts,
        String allowed,
        @Nullable Need needs,
        boolean ofStages) {

    /** A knob, earlier in the list, and the values of it that a later one needs. */
    record Need(String knob, Predicate<JsonNode> value) {}

    /** A whole number. */
    static Knob whole(String name, String usual, int least, int most) {
        return new Knob(
                name,
                usual,
                true,
                value -> value.isInt() && value.intValue() >= least && value.intValue() <= most,
                "a whole number from " + least + " to " + most,
                null,
                false);
    }

    /** An odd number of pixels. */
    static Knob kernel(String name) {
        return new Knob(
                name,
                "3",
                true,
                value -> value.isInt() && value.intValue() % 2 == 1 && value.intValue() >= 1 && value.intValue() <= 11,
                "1, 3, 5, 7, 9 or 11",
                null,
                false);
    }

    /** A number above {@code least}, which itself is not allowed. */
    static Knob number(String name, String usual, double least, double most) {
        return new Knob(
                name,
                usual,
                true,
                value -> value.isNumber() && value.doubleValue() > least && value.doubleValue() <= most,
                "a number above " + least + ", at most " + most,
                null,
                false);
    }

    static Knob word(String name, String usual, Set<String> words) {
        return new Knob(
                name,
                usual,
                false,
                value -> value.isTextual() && words.contains(value.textValue()),
                String.join(", ", new TreeSet<>(words)),
                null,
                false);
    }

    static Knob flag(String name, String usual) {
        return new Knob(name, usual, false, JsonNode::isBoolean, "true or false", null, false);
    }

    /** The same knob, which only matters while an earlier one has such a value. */
    Knob needs(String knob, Predicate<JsonNode> value) {
        return new Knob(name, usual, ordered, accepts, allowed, new Need(knob, value), ofStages);
    }

    /** The same knob, in which stages may differ. */
    Knob ofEachStage() {
        return new Knob(name, usual, ordered, accepts, allowed, needs, true);
    }
}

package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a data file.
 *
 * @param values arrays under the names that the data has for them, the first axis counting rows
 * @param labels one per row, or per pair of rows; absent where there are none
 * @param expected outputs that the model should give, by name, the first axis counting rows
 * @param padding values whose second axis may be filled up to the longest of a batch, and with what
 * @param whole the values are a feed as it stands: never merged with others, and split only where the model demands it
 * @param rowsPerLabel 2 for sentence pairs, else 1
 * @param where file and line or sample, for errors
 */
record Sample(
        Map<String, Value> values,
        @Nullable Value labels,
        Map<String, Value> expected,
        Map<String, Long> padding,
        boolean whole,
        int rowsPerLabel,
        String where) {

    /** One row of one array, without a name that means something. */
    static Sample row(String name, Value value, @Nullable Value label, String where) {
        return new Sample(Map.of(name, value), label, Map.of(), Map.of(), false, 1, where);
    }
}

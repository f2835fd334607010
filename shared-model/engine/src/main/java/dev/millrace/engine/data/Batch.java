package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A feed and what is known about it.
 *
 * @param feed a value for every input of the model
 * @param rows how many rows of the feed are data; the rows behind them fill up a model of fixed batch size
 * @param labels {@code (N)} or {@code (N, K)}, one per row, or one per pair, at the batch where the pair begins; absent where
 *     there are none
 * @param rowsPerLabel 2 for sentence pairs (rows {@code 2i} and {@code 2i + 1} of the whole data set), else 1
 * @param expected outputs that the model should give, by name or, where the data has no names, as {@code #0}, {@code #1}
 *     … by position; empty where none are known
 * @param where file and line or sample of the first row, for errors
 */
public record Batch(
        Map<String, Value> feed,
        int rows,
        @Nullable Value labels,
        int rowsPerLabel,
        Map<String, Value> expected,
        String where) {

    /** What an output should be; null where that is not known. */
    public @Nullable Value expected(String output, int position) {
        var named = expected.get(output);
        return named != null ? named : expected.get(TensorFileSource.POSITION + position);
    }
}

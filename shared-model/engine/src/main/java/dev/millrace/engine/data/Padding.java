package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Cuts off what an attention mask hides, so that padding neither widens ranges nor costs time.
 *
 * <p>{@code ids (1, 64)} of which the mask shows 17 becomes {@code ids (1, 17)}: the same result for the 17, because a
 * masked position is not attended to.
 */
public final class Padding {
    private Padding() {}

    /** The feed without masked columns at its end; as it is if the model takes no mask or fixes the length. */
    public static Map<String, Value> cut(Map<String, Value> feed, List<ValueSpec> inputs) {
        var mask = inputs.stream()
                .filter(spec -> spec.name().toLowerCase(Locale.ROOT).contains("mask"))
                .map(ValueSpec::name)
                .filter(feed::containsKey)
                .findFirst();
        if (mask.isEmpty() || !inputs.stream().allMatch(spec -> isSequence(spec, feed))) {
            return feed;
        }
        var shown = Objects.requireNonNull(feed.get(mask.get()));
        int length = (int) shown.dim(1);
        int kept = length;
        while (kept > 1 && shown.number(kept - 1) == 0) {
            kept--;
        }
        if (kept == length) {
            return feed;
        }
        var cut = new LinkedHashMap<String, Value>();
        for (var entry : feed.entrySet()) {
            cut.put(
                    entry.getKey(),
                    entry.getValue().reshaped(length).rows(0, kept).reshaped(1, kept));
        }
        return cut;
    }

    /** One row of integers of free length. */
    private static boolean isSequence(ValueSpec spec, Map<String, Value> feed) {
        var value = feed.get(spec.name());
        return value != null
                && !value.type().isFloatingPoint()
                && value.rank() == 2
                && value.dim(0) == 1
                && spec.dims().size() == 2
                && !spec.dims().get(1).isFixed();
    }
}

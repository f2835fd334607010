package dev.millrace.engine.data;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Feeds for a model without data: normal numbers, ones for masks, zeros for token types, small numbers for tokens. */
public final class MadeUpFeeds {
    /** Sizes tried, in this order, for axes that the model leaves open. */
    private static final int[] OPEN_SIZES = {64, 224, 32, 320, 1};

    private static final int FEEDS = 4;
    private static final int LARGEST_TOKEN = 100;

    private MadeUpFeeds() {}

    /**
     * A few feeds that the model runs on, the same ones each time.
     *
     * @param rows of the first axis, where the model leaves it open
     * @throws RefusedException {@code DATA_NEEDED} if it runs on none that was tried
     */
    public static List<Batch> of(OrtSession model, int rows) {
        var random = new Random(1);
        RefusedException last = null;
        for (int size : OPEN_SIZES) {
            var feed = feed(model.inputs(), rows, size, random);
            try {
                model.run(feed).close();
                return IntStream.range(0, FEEDS)
                        .mapToObj(i -> new Batch(
                                feed(model.inputs(), rows, size, random),
                                rows,
                                null,
                                1,
                                Map.of(),
                                "made-up input " + i))
                        .toList();
            } catch (RefusedException e) {
                last = e;
            }
        }
        throw new RefusedException(
                "DATA_NEEDED",
                "model inputs "
                        + model.inputs().stream().map(ValueSpec::describe).toList(),
                last == null ? "nothing" : last.problem().found(),
                "data in the role evaluation: made-up inputs do not run");
    }

    private static Map<String, Value> feed(List<ValueSpec> inputs, int rows, int size, Random random) {
        var feed = new LinkedHashMap<String, Value>();
        for (var input : inputs) {
            var dims = new long[input.rank()];
            for (int axis = 0; axis < dims.length; axis++) {
                var dim = input.dims().get(axis);
                dims[axis] = dim.isFixed() ? dim.size() : axis == 0 ? rows : size;
            }
            feed.put(input.name(), value(input, dims, random));
        }
        return feed;
    }

    private static Value value(ValueSpec input, long[] dims, Random random) {
        var name = input.name().toLowerCase(Locale.ROOT);
        if (input.type() == DataType.BOOL || name.contains("mask")) {
            return Value.full(input.type(), 1, dims);
        }
        if (name.contains("type")) {
            return Value.zeros(input.type(), dims);
        }
        var numbers = Value.zeros(DataType.FLOAT, dims);
        var floats = numbers.floats();
        for (int i = 0; i < floats.capacity(); i++) {
            floats.put(
                    i,
                    input.type().isFloatingPoint() ? (float) random.nextGaussian() : 1 + random.nextInt(LARGEST_TOKEN));
        }
        return numbers.as(input.type());
    }
}

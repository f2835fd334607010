package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.stage.LocalData;
import java.io.Closeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the models are run on: the data, or made-up values where there is none. */
final class Inputs implements Closeable {
    /** Sizes tried, in this order, for axes that the model leaves open. */
    private static final int[] OPEN_SIZES = {64, 224, 32, 320, 1};

    private static final int FEEDS = 4;
    private static final int LARGEST_TOKEN = 100;

    private final @Nullable Dataset data;
    private final List<Batch> generated;
    private final int rows;

    private Inputs(@Nullable Dataset data, List<Batch> generated, int rows) {
        this.data = data;
        this.generated = generated;
        this.rows = rows;
    }

    /** @param model what made-up values are tried on */
    static Inputs open(@Nullable LocalData data, OrtSession model, int rows) throws IOException {
        return data == null
                ? new Inputs(null, generate(model, rows), rows)
                : new Inputs(Dataset.open(data.path(), data.format(), data.options(), model.inputs()), List.of(), rows);
    }

    boolean generated() {
        return data == null;
    }

    Iterable<Batch> batches() {
        return data == null ? generated : data.batches(rows);
    }

    /** @throws RefusedException if there is none */
    Batch first() {
        var batches = batches().iterator();
        if (!batches.hasNext()) {
            throw new RefusedException("DATA_MISSING", "evaluation data", "no sample", "at least one");
        }
        return batches.next();
    }

    /** Number of samples that {@link #batches()} will give, for progress; may read through the data. */
    long samples() throws IOException {
        return data == null ? generated.size() : data.samples();
    }

    private static List<Batch> generate(OrtSession model, int rows) {
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

    /** Normal numbers; ones for masks, zeros for token types, small numbers for tokens. */
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

    @Override
    public void close() throws IOException {
        if (data != null) {
            data.close();
        }
    }
}

package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.Metrics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * How close a model's outputs stay to another's, over the outputs of floating-point type.
 *
 * <p>{@code cosine} is the mean over rows of the cosine between a row's output and the reference's, {@code minCosine} the
 * lowest; {@code relativeError} is {@code ‖y − r‖₂ / ‖r‖₂} over all data; {@code worstSliceError} the same for the worst
 * index of axis 1 (a channel, or a group of numbers that means something of its own); {@code top1Agreement} the fraction of
 * positions whose highest index on the last axis is the same; {@code embeddingCosine} the cosine of token outputs averaged
 * under the attention mask. With several outputs each figure is that of the worst output, and {@code cosine.NAME} and
 * {@code relativeError.NAME} tell them apart. {@code finite} is the fraction of numbers that are neither infinite nor NaN,
 * present when it is not 1. Tokens that the attention mask hides do not count.
 */
public final class Fidelity {
    private final Map<String, OutputFidelity> outputs = new TreeMap<>();
    private double embeddingCosines;
    private long embeddings;

    /**
     * Adds a batch.
     *
     * @param reference outputs of the original model
     * @param candidate outputs of the other, under the same names
     */
    public void add(Batch batch, Map<String, Value> reference, Map<String, Value> candidate) {
        var mask = Embeddings.mask(batch.feed());
        reference.forEach((name, expected) -> {
            var found = candidate.get(name);
            if (found != null && expected.type().isFloatingPoint() && expected.rank() > 0) {
                outputs.computeIfAbsent(name, key -> new OutputFidelity())
                        .add(batch.rows(), expected, found, Embeddings.perToken(expected, mask) ? mask : null);
            }
        });
        if (mask != null) {
            var a = Embeddings.of(batch.feed(), reference);
            var b = Embeddings.of(batch.feed(), candidate);
            for (int row = 0; a != null && b != null && row < batch.rows(); row++) {
                embeddingCosines += Embeddings.cosine(a, row, b, row);
                embeddings++;
            }
        }
    }

    /** Name to figure; empty before anything was added. */
    public Map<String, Double> values() {
        var values = new LinkedHashMap<String, Double>();
        for (var output : outputs.values()) {
            output.values()
                    .forEach((name, value) -> values.merge(name, value, Metrics.isError(name) ? Math::max : Math::min));
        }
        if (embeddings > 0) {
            values.put("embeddingCosine", embeddingCosines / embeddings);
        }
        if (outputs.size() > 1) {
            outputs.forEach((name, output) -> {
                values.put(
                        "cosine." + name, Objects.requireNonNull(output.values().get("cosine")));
                values.put(
                        "relativeError." + name,
                        Objects.requireNonNull(output.values().get("relativeError")));
            });
        }
        return values;
    }

    /** What a model has of a figure against itself. */
    public static double ideal(String name) {
        return Metrics.isError(name) ? 0 : 1;
    }
}

package dev.millrace.engine.train;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random inputs whose class is the place of the largest of the first four numbers: learnable, and the same every time. */
final class ToyData {
    static final int ROWS = 32;

    private ToyData() {}

    /** Batches for the only input of a model, in an order that depends on the epoch. */
    static TrainingData of(Model model, int batches, int seed) {
        var all = batches(model, batches, seed);
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                var order = new ArrayList<>(all);
                java.util.Collections.shuffle(order, new Random(number));
                return order;
            }

            @Override
            public long batches() {
                return all.size();
            }
        };
    }

    static List<Batch> batches(Model model, int count, int seed) {
        var input = model.graph().requiredInputs().get(0);
        var random = new Random(seed);
        var batches = new ArrayList<Batch>();
        for (int i = 0; i < count; i++) {
            batches.add(batch(input, random, i));
        }
        return batches;
    }

    private static Batch batch(ValueInfo input, Random random, int number) {
        var dims =
                input.shape().orElseThrow().stream().mapToLong(Dimension::size).toArray();
        dims[0] = ROWS;
        int width = 1;
        for (int axis = 1; axis < dims.length; axis++) {
            width *= (int) dims[axis];
        }
        var numbers = new float[ROWS * width];
        var labels = new long[ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int k = 0; k < width; k++) {
                numbers[row * width + k] = (float) random.nextGaussian();
            }
            for (int k = 1; k < 4; k++) {
                if (numbers[row * width + k] > numbers[row * width + (int) labels[row]]) {
                    labels[row] = k;
                }
            }
        }
        return new Batch(
                Map.of(input.name(), Value.of(numbers, dims)),
                ROWS,
                Value.of(labels, ROWS),
                1,
                Map.of(),
                "toy data, batch " + number);
    }
}

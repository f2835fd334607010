package dev.millrace.engine.train;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.onnx.DataType;
import java.util.ArrayList;
import java.util.List;

/** Gradients by weights in float64 beside central differences. */
final class Differences {
    private static final double STEP = 1e-6;

    private Differences() {}

    /**
     * The largest difference between the gradient of a batch's loss and central differences, relative to the largest of them;
     * NaN where there is no gradient. The trainer is one of plain descent, and is left with other weights.
     *
     * @param elements of each weight that are compared, about
     */
    static double largest(Trainer trainer, Batch batch, int elements) {
        var before = trainer.everything();
        trainer.step(batch, 1, 0);
        var after = trainer.everything();
        double largest = 1e-2;
        double difference = Double.NaN;
        for (int tensor = 0; tensor < before.size() && before.get(tensor).type() == DataType.DOUBLE; tensor++) {
            int size = (int) before.get(tensor).size();
            for (int i = 0; i < size; i += Math.max(1, size / elements)) {
                double gradient =
                        before.get(tensor).number(i) - after.get(tensor).number(i);
                double slope =
                        (loss(trainer, batch, before, tensor, i, STEP) - loss(trainer, batch, before, tensor, i, -STEP))
                                / (2 * STEP);
                if (Double.isFinite(slope)) {
                    largest = Math.max(largest, Math.max(Math.abs(gradient), Math.abs(slope)));
                    double one = Math.abs(gradient - slope);
                    difference = Double.isNaN(difference) ? one : Math.max(difference, one);
                }
            }
        }
        return difference / largest;
    }

    private static double loss(Trainer trainer, Batch batch, List<Value> values, int tensor, int element, double step) {
        var moved = new ArrayList<>(values);
        var copy = values.get(tensor).copy();
        int at = element * Double.BYTES;
        copy.bytes().putDouble(at, copy.bytes().getDouble(at) + step);
        moved.set(tensor, copy);
        trainer.restore(moved);
        return trainer.evaluate(batch).total();
    }
}

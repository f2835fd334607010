package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One vector a row, out of a model's outputs: {@code (N, D)} as it is, {@code (N, T, D)} averaged over the tokens. */
final class Embeddings {
    private Embeddings() {}

    /** The attention mask of a feed, {@code (N, T)}; null if it has none. */
    static @Nullable Value mask(Map<String, Value> feed) {
        var mask = feed.get("attention_mask");
        return mask != null && mask.rank() == 2 ? mask : null;
    }

    /** Whether an output has a vector for every token of the mask. */
    static boolean perToken(Value output, @Nullable Value mask) {
        return mask != null && output.rank() == 3 && output.dim(0) == mask.dim(0) && output.dim(1) == mask.dim(1);
    }

    /** Of the first token output if there is one and a mask, else the first {@code (N, D)}: {@code (N, D)}; null if neither. */
    static @Nullable Value of(Map<String, Value> feed, Map<String, Value> outputs) {
        var mask = mask(feed);
        for (var output : outputs.values()) {
            if (output.type().isFloatingPoint() && perToken(output, mask) && mask != null) {
                return averaged(output, mask);
            }
        }
        return outputs.values().stream()
                .filter(output -> output.type().isFloatingPoint() && output.rank() == 2 && output.dim(1) > 1)
                .findFirst()
                .orElse(null);
    }

    /** {@code (N, T, D)} and {@code (N, T)} to {@code (N, D)}: the mean over the tokens that the mask lets through. */
    private static Value averaged(Value tokens, Value mask) {
        int rows = (int) tokens.dim(0);
        int length = (int) tokens.dim(1);
        int width = (int) tokens.dim(2);
        var numbers = tokens.floats();
        var averages = Value.zeros(DataType.FLOAT, rows, width);
        var into = averages.floats();
        for (int row = 0; row < rows; row++) {
            int kept = 0;
            var sums = new double[width];
            for (int token = 0; token < length; token++) {
                if (mask.number(row * length + token) != 0) {
                    kept++;
                    for (int d = 0; d < width; d++) {
                        sums[d] += numbers.get((row * length + token) * width + d);
                    }
                }
            }
            for (int d = 0; d < width; d++) {
                into.put(row * width + d, (float) (sums[d] / Math.max(1, kept)));
            }
        }
        return averages;
    }

    static double cosine(Value a, int rowOfA, Value b, int rowOfB) {
        int width = (int) a.dim(1);
        double dot = 0;
        double squaresOfA = 0;
        double squaresOfB = 0;
        for (int d = 0; d < width; d++) {
            double x = a.number(rowOfA * width + d);
            double y = b.number(rowOfB * width + d);
            dot += x * y;
            squaresOfA += x * x;
            squaresOfB += y * y;
        }
        return cosine(dot, squaresOfA, squaresOfB);
    }

    /** 1 for two zero vectors, 0 if only one is zero. */
    static double cosine(double dot, double squaresOfA, double squaresOfB) {
        if (squaresOfA == 0 || squaresOfB == 0) {
            return squaresOfA == squaresOfB ? 1 : 0;
        }
        return dot / Math.sqrt(squaresOfA * squaresOfB);
    }
}

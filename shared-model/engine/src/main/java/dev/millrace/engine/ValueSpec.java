package dev.millrace.engine;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Name, type and dims of a model's input or output, as ONNX Runtime sees them. */
public record ValueSpec(String name, DataType type, List<Dimension> dims) {
    public ValueSpec {
        dims = List.copyOf(dims);
    }

    public int rank() {
        return dims.size();
    }

    /** Sizes of all axes, those that the model leaves open set to one number. */
    public long[] shape(long open) {
        return dims.stream().mapToLong(dim -> dim.isFixed() ? dim.size() : open).toArray();
    }

    /** Whether {@code shape} has the rank and the fixed sizes of this spec. */
    public boolean accepts(long[] shape) {
        if (shape.length != dims.size()) {
            return false;
        }
        for (int axis = 0; axis < shape.length; axis++) {
            if (dims.get(axis).isFixed() && dims.get(axis).size() != shape[axis]) {
                return false;
            }
        }
        return true;
    }

    /** {@code float[batch, 3, 224, 224]}. */
    public String describe() {
        return type.name().toLowerCase(Locale.ROOT)
                + dims.stream().map(Dimension::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}

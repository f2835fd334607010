package dev.millrace.pruning;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A weight's bytes with the masked elements zero, made piece by piece while they are read. */
record MaskedData(Tensor tensor, Mask mask) implements TensorData {
    @Override
    public ByteBuffer read(long offset, int length) {
        DataType type = tensor.type();
        int elementBytes = (int) type.sizeBytes(1);
        var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(tensor.data().read(offset, length)).flip();
        long first = offset / elementBytes;
        var values = tensor.floats(first, length / elementBytes);
        for (int i = 0; i < values.length; i++) {
            if (mask.removes(first + i, values[i])) {
                for (int b = 0; b < elementBytes; b++) {
                    bytes.put(i * elementBytes + b, (byte) 0);
                }
            }
        }
        return bytes;
    }
}

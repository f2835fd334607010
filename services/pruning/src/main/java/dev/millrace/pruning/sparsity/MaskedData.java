package dev.millrace.pruning.sparsity;

import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/** A weight's bytes with the removed elements zero, made piece by piece while they are read. */
record MaskedData(Tensor tensor, BitSet removed) implements TensorData {
    /** The tensor with the elements of the set zero. */
    static Tensor of(Tensor tensor, BitSet removed) {
        return tensor.withData(new MaskedData(tensor, removed));
    }

    @Override
    public ByteBuffer read(long offset, int length) {
        int elementBytes = (int) tensor.type().sizeBytes(1);
        var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(tensor.data().read(offset, length)).flip();
        int first = Math.toIntExact(offset / elementBytes);
        int end = first + length / elementBytes;
        for (int i = removed.nextSetBit(first); i >= 0 && i < end; i = removed.nextSetBit(i + 1)) {
            for (int b = 0; b < elementBytes; b++) {
                bytes.put((i - first) * elementBytes + b, (byte) 0);
            }
        }
        return bytes;
    }
}

package dev.millrace.engine;

import ai.onnxruntime.OnnxTensor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;

/**
 * The memory of a tensor that ONNX Runtime made, without copying it.
 *
 * <p>The public accessors of {@link OnnxTensor} copy every element to the heap, which for the hundreds of tensors of a
 * calibration run costs more than the run. Its private {@code getBuffer()} gives the view; this class calls it, and is
 * the only place that knows.
 */
final class NativeMemory {
    private static final MethodHandle VIEW = find();

    private NativeMemory() {}

    /** All bytes of {@code tensor}; valid until the tensor is closed. */
    static ByteBuffer of(OnnxTensor tensor) {
        if (tensor.getInfo().getNumElements() == 0) {
            return ByteBuffer.allocateDirect(0);
        }
        try {
            return (ByteBuffer) VIEW.invokeExact(tensor);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("OnnxTensor.getBuffer()", e);
        }
    }

    private static MethodHandle find() {
        try {
            return MethodHandles.privateLookupIn(OnnxTensor.class, MethodHandles.lookup())
                    .findVirtual(OnnxTensor.class, "getBuffer", MethodType.methodType(ByteBuffer.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}

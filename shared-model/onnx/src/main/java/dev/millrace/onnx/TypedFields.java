package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors whose numbers are in the message: raw bytes, or {@code float_data}, {@code int32_data} and the like. */
final class TypedFields {
    private TypedFields() {}

    /** The tensor; raw bytes stay where they are. */
    static Tensor inline(TensorProto proto) {
        if (!proto.hasRawData()) {
            return tensor(proto);
        }
        var raw = proto.getRawData();
        return new Tensor(
                proto.toBuilder().clearRawData().build(), TensorData.of(raw.asReadOnlyByteBuffer()), raw.size());
    }

    /** The tensor with its numbers as raw bytes; fields of element types unknown here stay in the header. */
    static Tensor tensor(TensorProto proto) {
        var bytes = bytes(proto);
        return bytes == null
                ? new Tensor(proto, TensorData.of(ByteBuffer.allocate(0)), 0)
                : new Tensor(
                        proto.toBuilder()
                                .clearFloatData()
                                .clearInt32Data()
                                .clearInt64Data()
                                .clearDoubleData()
                                .clearUint64Data()
                                .build(),
                        TensorData.of(bytes),
                        bytes.remaining());
    }

    private static @org.jspecify.annotations.Nullable ByteBuffer bytes(TensorProto proto) {
        return switch (DataType.of(proto.getDataType())) {
            case FLOAT, COMPLEX64 -> {
                var into = allocate(proto.getFloatDataCount(), Float.BYTES);
                proto.getFloatDataList().forEach(into::putFloat);
                yield into.flip();
            }
            case DOUBLE, COMPLEX128 -> {
                var into = allocate(proto.getDoubleDataCount(), Double.BYTES);
                proto.getDoubleDataList().forEach(into::putDouble);
                yield into.flip();
            }
            case INT64 -> {
                var into = allocate(proto.getInt64DataCount(), Long.BYTES);
                proto.getInt64DataList().forEach(into::putLong);
                yield into.flip();
            }
            case UINT64 -> {
                var into = allocate(proto.getUint64DataCount(), Long.BYTES);
                proto.getUint64DataList().forEach(into::putLong);
                yield into.flip();
            }
            case UINT32 -> {
                var into = allocate(proto.getUint64DataCount(), Integer.BYTES);
                proto.getUint64DataList().forEach(value -> into.putInt(value.intValue()));
                yield into.flip();
            }
            case INT32 -> {
                var into = allocate(proto.getInt32DataCount(), Integer.BYTES);
                proto.getInt32DataList().forEach(into::putInt);
                yield into.flip();
            }
            case INT16, UINT16, FLOAT16, BFLOAT16 -> {
                var into = allocate(proto.getInt32DataCount(), Short.BYTES);
                proto.getInt32DataList().forEach(value -> into.putShort(value.shortValue()));
                yield into.flip();
            }
            case INT8,
                    UINT8,
                    BOOL,
                    FLOAT8E4M3FN,
                    FLOAT8E4M3FNUZ,
                    FLOAT8E5M2,
                    FLOAT8E5M2FNUZ,
                    FLOAT8E8M0,
                    INT4,
                    UINT4,
                    FLOAT4E2M1,
                    INT2,
                    UINT2 -> { // one entry is one byte, packed types included
                var into = allocate(proto.getInt32DataCount(), Byte.BYTES);
                proto.getInt32DataList().forEach(value -> into.put(value.byteValue()));
                yield into.flip();
            }
            case STRING, UNDEFINED, FLOAT6E2M3, FLOAT6E3M2 -> null;
        };
    }

    private static ByteBuffer allocate(int count, int elementBytes) {
        return ByteBuffer.allocate(Math.multiplyExact(count, elementBytes)).order(ByteOrder.LITTLE_ENDIAN);
    }
}

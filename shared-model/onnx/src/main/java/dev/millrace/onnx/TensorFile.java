package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A single tensor in a file of its own, as ONNX's tests and tools keep inputs and outputs. */
public final class TensorFile {
    private TensorFile() {}

    /**
     * Reads a tensor into memory.
     *
     * @throws RefusedException {@code TENSOR_MALFORMED} if the file is no ONNX tensor
     */
    public static Tensor read(Path file) throws IOException {
        try {
            var proto = TensorProto.parseFrom(Files.readAllBytes(file));
            var dims = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
            return proto.hasRawData()
                    ? Tensor.of(
                            proto.getName(),
                            DataType.of(proto.getDataType()),
                            proto.getRawData().asReadOnlyByteBuffer(),
                            dims)
                    : TypedFields.tensor(proto);
        } catch (InvalidProtocolBufferException e) {
            throw new RefusedException(
                    "TENSOR_MALFORMED",
                    String.valueOf(file.getFileName()),
                    String.valueOf(e.getMessage()),
                    "an ONNX tensor");
        }
    }
}

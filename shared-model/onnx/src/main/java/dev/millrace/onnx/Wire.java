package dev.millrace.onnx;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A protobuf message whose size is known before its tensor data is read, so that it can be written as a stream.
 *
 * <p>Fields of the same number keep their order, which is all that protobuf asks for.
 */
final class Wire {
    private static final int LENGTH_DELIMITED = 2;
    private static final int BUFFERED_BYTES = 8192;

    /** Where a message goes: protobuf's buffered stream, and the file below it for large pieces. */
    record Sink(CodedOutputStream out, WritableByteChannel file) {}

    private interface Part {
        long size();

        void writeTo(Sink sink) throws IOException;
    }

    private final List<Part> parts = new ArrayList<>();
    private long size;

    /** A message that begins with all fields of another. */
    Wire(MessageLite fields) {
        add(new Whole(fields));
    }

    /** Adds a field that is itself a message. */
    void add(int field, Wire message) {
        add(new Nested(field, message));
    }

    /** Adds a field that is itself a message, complete. */
    void add(int field, MessageLite message) {
        add(field, new Wire(message));
    }

    /** Adds a string field. */
    void add(int field, String text) {
        add(new Text(field, text));
    }

    /** Adds a bytes field that holds a tensor's data. */
    void add(int field, Tensor data) {
        add(new Data(field, data));
    }

    private void add(Part part) {
        parts.add(part);
        size += part.size();
    }

    long size() {
        return size;
    }

    void writeTo(Sink sink) throws IOException {
        for (var part : parts) {
            part.writeTo(sink);
        }
    }

    private static long headSize(int field, long length) {
        return CodedOutputStream.computeTagSize(field) + (long) CodedOutputStream.computeUInt64SizeNoTag(length);
    }

    private static void writeHead(Sink sink, int field, long length) throws IOException {
        sink.out.writeTag(field, LENGTH_DELIMITED);
        sink.out.writeUInt64NoTag(length);
    }

    private record Whole(MessageLite message) implements Part {
        @Override
        public long size() {
            return message.getSerializedSize();
        }

        @Override
        public void writeTo(Sink sink) throws IOException {
            message.writeTo(sink.out);
        }
    }

    private record Nested(int field, Wire message) implements Part {
        @Override
        public long size() {
            return headSize(field, message.size) + message.size;
        }

        @Override
        public void writeTo(Sink sink) throws IOException {
            writeHead(sink, field, message.size);
            message.writeTo(sink);
        }
    }

    private record Text(int field, String text) implements Part {
        @Override
        public long size() {
            return CodedOutputStream.computeStringSize(field, text);
        }

        @Override
        public void writeTo(Sink sink) throws IOException {
            sink.out.writeString(field, text);
        }
    }

    private record Data(int field, Tensor tensor) implements Part {
        @Override
        public long size() {
            return headSize(field, tensor.sizeBytes()) + tensor.sizeBytes();
        }

        @Override
        public void writeTo(Sink sink) throws IOException {
            writeHead(sink, field, tensor.sizeBytes());
            if (tensor.sizeBytes() <= BUFFERED_BYTES) {
                writeBuffered(sink.out, tensor.bytes());
            } else {
                sink.out.flush();
                tensor.data().transferTo(sink.file, tensor.sizeBytes());
            }
        }

        private static void writeBuffered(CodedOutputStream out, ByteBuffer bytes) throws IOException {
            var copy = new byte[bytes.remaining()];
            bytes.get(copy);
            out.writeRawBytes(copy);
        }
    }
}

package dev.millrace.onnx.script;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Python's pickle, protocol 2, as far as libtorch reads it. */
final class Pickle {
    private static final int PROTOCOL = 0x80;
    private static final int TUPLE = 't';
    private static final int MARK = '(';

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle() {
        op(PROTOCOL, 2);
    }

    /** The empty tuple. */
    static byte[] emptyTuple() {
        return new Pickle().op(')').bytes();
    }

    /** Starts an object of a class whose attributes follow, name and value in turn; {@link #endObject} ends it. */
    Pickle beginObject(String module, String name) {
        return global(module, name).op(')', 0x81, '}', MARK);
    }

    Pickle endObject() {
        return op('u', 'b');
    }

    Pickle bool(boolean value) {
        return op(value ? 0x88 : 0x89);
    }

    Pickle text(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        op('X');
        littleEndian(bytes.length, 4);
        out.writeBytes(bytes);
        return this;
    }

    Pickle number(long value) {
        if (value >= 0 && value < 256) {
            return op('K', (int) value);
        }
        if (value == (int) value) {
            op('J');
            return littleEndian(value, 4);
        }
        op(0x8a, 8);
        return littleEndian(value, 8);
    }

    Pickle tuple(long... values) {
        op(MARK);
        for (long value : values) {
            number(value);
        }
        return op(TUPLE);
    }

    /** A tensor over the storage {@code key}, which holds {@code elements} elements. */
    Pickle tensor(String storage, String key, long elements, long[] dims, long[] strides, boolean gradient) {
        global("torch._utils", "_rebuild_tensor_v2").op(MARK);
        op(MARK).text("storage")
                .global("torch", storage)
                .text(key)
                .text("cpu")
                .number(elements)
                .op(TUPLE, 'Q');
        number(0).tuple(dims).tuple(strides).bool(gradient);
        return global("collections", "OrderedDict").op(')', 'R', TUPLE, 'R');
    }

    byte[] bytes() {
        op('.');
        return out.toByteArray();
    }

    private Pickle global(String module, String name) {
        op('c');
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    private Pickle op(int... codes) {
        for (int code : codes) {
            out.write(code);
        }
        return this;
    }

    private Pickle littleEndian(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> (8 * i)));
        }
        return this;
    }
}

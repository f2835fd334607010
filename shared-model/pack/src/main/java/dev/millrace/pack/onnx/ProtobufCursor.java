package dev.millrace.pack.onnx;

import dev.millrace.pack.PackException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Walks over the fields of protobuf messages in a file, without reading the values that nobody asks for. */
final class ProtobufCursor {
    static final int VARINT = 0;
    static final int EIGHT_BYTES = 1;
    static final int LENGTH_DELIMITED = 2;
    static final int FOUR_BYTES = 5;
    private static final int WINDOW = 1 << 16;

    private final FileChannel file;
    private final long size;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
    private long windowStart;

    private long position;
    private int field;
    private int wireType;
    private long valueLength;

    ProtobufCursor(FileChannel file) throws IOException {
        this.file = file;
        size = file.size();
    }

    long size() {
        return size;
    }

    /** The field that was found last. */
    int field() {
        return field;
    }

    boolean is(int number, int type) {
        return field == number && wireType == type;
    }

    /** Where its value starts. */
    long valueStart() {
        return position;
    }

    long valueEnd() {
        return position + valueLength;
    }

    /**
     * Finds the field behind the last value.
     *
     * @param at where its tag starts
     * @param end of the message
     * @return whether there is one
     */
    boolean next(long at, long end) throws IOException {
        if (at >= end) {
            return false;
        }
        position = at;
        long tag = varint(end);
        field = (int) (tag >>> 3);
        wireType = (int) tag & 7;
        switch (wireType) {
            case VARINT -> {
                long start = position;
                varint(end);
                valueLength = position - start;
                position = start;
            }
            case EIGHT_BYTES -> valueLength = Long.BYTES;
            case FOUR_BYTES -> valueLength = Integer.BYTES;
            case LENGTH_DELIMITED -> valueLength = varint(end);
            default -> throw malformed("wire type " + wireType, "0, 1, 2 or 5");
        }
        if (valueLength < 0 || valueLength > end - position) {
            throw malformed("a value of " + valueLength + " bytes", "at most " + (end - position));
        }
        return true;
    }

    /** The value of a varint. */
    long number() throws IOException {
        long start = position;
        long value = varint(position + valueLength);
        position = start;
        return value;
    }

    /** The value as text. */
    String text(int mostBytes) throws IOException {
        if (valueLength > mostBytes) {
            throw malformed("a text of " + valueLength + " bytes", "at most " + mostBytes);
        }
        var bytes = new byte[(int) valueLength];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) read(position + i);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The first numbers of those packed into the value. */
    List<Long> packed(int most) throws IOException {
        long start = position;
        long end = valueEnd();
        var numbers = new ArrayList<Long>();
        while (position < end && numbers.size() < most) {
            numbers.add(varint(end));
        }
        position = start;
        return numbers;
    }

    private long varint(long end) throws IOException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (position >= end) {
                throw malformed("the end of a message inside a number", "a whole number");
            }
            int next = read(position++);
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw malformed("a number of more than ten bytes", "ten bytes");
    }

    private int read(long at) throws IOException {
        if (at < windowStart || at >= windowStart + window.limit()) {
            window.clear();
            windowStart = at;
            while (window.hasRemaining() && file.read(window, windowStart + window.position()) > 0) {
                // until the window is full or the file ends
            }
            window.flip();
            if (!window.hasRemaining()) {
                throw malformed("the end of the file", size + " bytes");
            }
        }
        return window.get((int) (at - windowStart)) & 0xff;
    }

    private PackException malformed(String found, String allowed) {
        return new PackException("MODEL_MALFORMED", "byte " + position + " of the model", found, allowed);
    }
}

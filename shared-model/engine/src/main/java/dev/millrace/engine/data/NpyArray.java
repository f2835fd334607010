package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An array in NumPy's {@code .npy} format, its elements left in the file
 * (<a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>).
 */
final class NpyArray implements Closeable {
    private static final Map<String, DataType> TYPES = Map.ofEntries(
            Map.entry("f2", DataType.FLOAT16),
            Map.entry("f4", DataType.FLOAT),
            Map.entry("f8", DataType.DOUBLE),
            Map.entry("i1", DataType.INT8),
            Map.entry("i2", DataType.INT16),
            Map.entry("i4", DataType.INT32),
            Map.entry("i8", DataType.INT64),
            Map.entry("u1", DataType.UINT8),
            Map.entry("u2", DataType.UINT16),
            Map.entry("u4", DataType.UINT32),
            Map.entry("u8", DataType.UINT64),
            Map.entry("b1", DataType.BOOL));

    private static final Pattern HEADER = Pattern.compile(
            "\\{\\s*'descr':\\s*'([<>|=])(\\w+)',\\s*'fortran_order':\\s*(True|False),\\s*'shape':\\s*\\(([\\d,\\s]*)\\),?\\s*}\\s*");

    private final String where;
    private final FileChannel channel;
    private final DataType type;
    private final long[] dims;

    /** Of the first element. */
    private final long offset;

    private NpyArray(String where, FileChannel channel, DataType type, long[] dims, long offset) {
        this.where = where;
        this.channel = channel;
        this.type = type;
        this.dims = dims;
        this.offset = offset;
    }

    String where() {
        return where;
    }

    /** Takes over the channel, which it closes if there is no array in it. */
    static NpyArray of(String where, FileChannel channel) throws IOException {
        try {
            return parse(where, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static NpyArray parse(String where, FileChannel channel) throws IOException {
        var magic = Spool.read(channel, 0, Math.min(12, channel.size()));
        if (magic.remaining() < 12 || magic.getLong(0) << 16 != 0x59504d554e930000L) {
            throw malformed(where, "no NumPy header", "an array as numpy.save writes it");
        }
        boolean old = magic.get(6) == 1;
        int start = old ? 10 : 12;
        long length = old ? magic.getShort(8) & 0xffff : magic.getInt(8) & 0xffffffffL;
        if (start + length > channel.size()) {
            throw malformed(where, "a header of " + length + " bytes", "at most " + (channel.size() - start));
        }
        var header = StandardCharsets.ISO_8859_1
                .decode(Spool.read(channel, start, length))
                .toString();
        var matcher = HEADER.matcher(header);
        if (!matcher.matches()) {
            throw malformed(where, header.strip(), "an array of numbers");
        }
        var type = TYPES.get(matcher.group(2));
        boolean swapped = matcher.group(1).equals(">") && !matcher.group(2).endsWith("1");
        if (type == null || swapped || matcher.group(3).equals("True")) {
            throw malformed(
                    where,
                    matcher.group(1) + matcher.group(2) + (matcher.group(3).equals("True") ? " in Fortran order" : ""),
                    "little-endian numbers or booleans in C order");
        }
        var dims = Arrays.stream(matcher.group(4).split(","))
                .map(String::strip)
                .filter(size -> !size.isEmpty())
                .mapToLong(Long::parseLong)
                .toArray();
        long bytes = type.sizeBytes(Arrays.stream(dims).reduce(1, Math::multiplyExact));
        if (channel.size() < start + length + bytes) {
            throw malformed(where, channel.size() + " bytes", start + length + bytes + " for " + Arrays.toString(dims));
        }
        return new NpyArray(where, channel, type, dims, start + length);
    }

    /** Number of rows; 1 for a scalar. */
    long rows() {
        return dims.length == 0 ? 1 : dims[0];
    }

    Value all() throws IOException {
        return Value.of(type, dims, Spool.read(channel, offset, bytes()));
    }

    /** Row {@code index}, {@code (1, dims behind the first)}. */
    Value row(long index) throws IOException {
        if (dims.length == 0) {
            return all();
        }
        var shape = dims.clone();
        shape[0] = 1;
        long size = bytes() / dims[0];
        return Value.of(type, shape, Spool.read(channel, offset + index * size, size));
    }

    private long bytes() {
        return type.sizeBytes(Arrays.stream(dims).reduce(1, Math::multiplyExact));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static RefusedException malformed(String where, String found, String allowed) {
        return new RefusedException("DATA_MALFORMED", where, found, allowed);
    }
}

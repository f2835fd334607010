package dev.millrace.training;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.onnx.DataType;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Where a batch lies in a file: its arrays one after the other.
 *
 * @param offset of the first byte
 * @param rows rows of data
 * @param where of the batch, for errors
 */
record StoredBatch(List<Field> fields, long offset, int rows, int rowsPerLabel, String where) {
    private enum Part {
        FEED,
        LABELS,
        TARGET
    }

    /** One array. */
    private record Field(Part part, String name, DataType type, List<Long> dims) {
        static Field of(Part part, String name, Value value) {
            return new Field(
                    part,
                    name,
                    value.type(),
                    Arrays.stream(value.dims()).boxed().toList());
        }

        long bytes() {
            return type.sizeBytes(dims.stream().reduce(1L, Math::multiplyExact));
        }

        long rowBytes() {
            return bytes() / Math.max(1, dims.get(0));
        }

        boolean hasRows(int rows) {
            return !dims.isEmpty() && dims.get(0) == rows;
        }

        Value empty() {
            return Value.zeros(type, dims.stream().mapToLong(Long::longValue).toArray());
        }

        /** {@code (rows, …)}. */
        Value empty(int rows) {
            var shape = dims.stream().mapToLong(Long::longValue).toArray();
            shape[0] = rows;
            return Value.zeros(type, shape);
        }
    }

    /** A row of a stored batch. */
    record Row(StoredBatch batch, int index) {}

    /** Appends a batch. Rows that only fill up a model of fixed batch size are left out. */
    static StoredBatch write(FileChannel file, Batch batch) throws IOException {
        var fields = new ArrayList<Field>();
        long offset = file.size();
        long end = offset;
        for (var entry : batch.feed().entrySet()) {
            end = write(file, end, fields, Part.FEED, entry.getKey(), data(entry.getValue(), batch.rows()));
        }
        var labels = batch.labels();
        if (labels != null) {
            end = write(file, end, fields, Part.LABELS, "", labels);
        }
        for (var entry : batch.expected().entrySet()) {
            end = write(file, end, fields, Part.TARGET, entry.getKey(), data(entry.getValue(), batch.rows()));
        }
        return new StoredBatch(List.copyOf(fields), offset, batch.rows(), batch.rowsPerLabel(), batch.where());
    }

    private static Value data(Value value, int rows) {
        return value.rank() > 0 && value.dim(0) > rows && rows > 0 ? value.rows(0, rows) : value;
    }

    private static long write(FileChannel file, long at, List<Field> fields, Part part, String name, Value value)
            throws IOException {
        fields.add(Field.of(part, name, value));
        var bytes = value.bytes();
        long end = at;
        while (bytes.hasRemaining()) {
            end += file.write(bytes, end);
        }
        return end;
    }

    /** Whether the batch can be taken apart into rows. */
    boolean hasRows() {
        return rowsPerLabel == 1 && fields.stream().allMatch(field -> field.hasRows(rows));
    }

    /** Whether rows of both can stand in one batch. */
    boolean joins(StoredBatch other) {
        if (fields.size() != other.fields.size()) {
            return false;
        }
        for (int i = 0; i < fields.size(); i++) {
            var a = fields.get(i);
            var b = other.fields.get(i);
            boolean same = a.part == b.part
                    && a.name.equals(b.name)
                    && a.type == b.type
                    && a.dims.subList(1, a.dims.size()).equals(b.dims.subList(1, b.dims.size()));
            if (!same) {
                return false;
            }
        }
        return true;
    }

    /** The batch as it was written. */
    Batch read(FileChannel file) throws IOException {
        var values = new ArrayList<Value>();
        long at = offset;
        for (var field : fields) {
            var value = field.empty();
            read(file, value.bytes(), at);
            values.add(value);
            at += field.bytes();
        }
        return batch(fields, values, rows, rowsPerLabel, where);
    }

    /** A batch of rows that join, in this order. */
    static Batch gather(FileChannel file, List<Row> rows) throws IOException {
        var first = rows.get(0).batch;
        var values =
                first.fields.stream().map(field -> field.empty(rows.size())).toList();
        var targets = values.stream().map(Value::bytes).toList();
        for (var row : rows) {
            long at = row.batch.offset;
            for (int i = 0; i < targets.size(); i++) {
                var field = row.batch.fields.get(i);
                int rowBytes = Math.toIntExact(field.rowBytes());
                var into = targets.get(i);
                read(file, into.slice(into.position(), rowBytes), at + (long) row.index * rowBytes);
                into.position(into.position() + rowBytes);
                at += field.bytes();
            }
        }
        return batch(first.fields, values, rows.size(), 1, first.where);
    }

    private static void read(FileChannel file, ByteBuffer into, long from) throws IOException {
        while (into.hasRemaining()) {
            if (file.read(into, from + into.position()) < 0) {
                throw new EOFException("the prepared data ends early");
            }
        }
    }

    private static Batch batch(List<Field> fields, List<Value> values, int rows, int rowsPerLabel, String where) {
        var feed = new LinkedHashMap<String, Value>();
        var targets = new LinkedHashMap<String, Value>();
        Value labels = null;
        for (int i = 0; i < fields.size(); i++) {
            var field = fields.get(i);
            switch (field.part) {
                case FEED -> feed.put(field.name, values.get(i));
                case TARGET -> targets.put(field.name, values.get(i));
                case LABELS -> labels = values.get(i);
            }
        }
        return new Batch(feed, rows, labels, rowsPerLabel, targets, where);
    }
}

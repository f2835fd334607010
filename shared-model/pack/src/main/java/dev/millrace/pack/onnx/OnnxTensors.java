package dev.millrace.pack.onnx;

import dev.millrace.pack.PackException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds where the elements of an ONNX model's tensors lie, in the file and in those beside it.
 *
 * <p>Only those fields of the format are looked at that lead to tensors. All else is bytes, so models of later versions of the
 * format are packed as well.
 */
public final class OnnxTensors {
    /** Smaller tensors are not worth a piece of their own. */
    private static final int LEAST_BYTES = 32;

    /** Further dims only say less about what to expect. */
    private static final int MOST_DIMS = 64;

    private static final int DEEPEST = 100;
    private static final int LONGEST_PATH = 4096;
    private static final long FLOAT = 1;
    private static final long DOUBLE = 11;

    /** Messages that lead to tensors, and by which fields. */
    private enum Message {
        MODEL,
        TRAINING,
        FUNCTION,
        GRAPH,
        NODE,
        ATTRIBUTE,
        SPARSE_TENSOR,
        TENSOR;

        private static final Map<Message, Map<Integer, Message>> FIELDS = Map.of(
                MODEL, Map.of(7, GRAPH, 20, TRAINING, 25, FUNCTION),
                TRAINING, Map.of(1, GRAPH, 2, GRAPH),
                FUNCTION, Map.of(7, NODE),
                GRAPH, Map.of(1, NODE, 5, TENSOR, 15, SPARSE_TENSOR),
                NODE, Map.of(5, ATTRIBUTE),
                ATTRIBUTE, Map.of(5, TENSOR, 6, GRAPH, 10, TENSOR, 11, GRAPH, 22, SPARSE_TENSOR, 23, SPARSE_TENSOR),
                SPARSE_TENSOR, Map.of(1, TENSOR, 2, TENSOR),
                TENSOR, Map.of());

        private Map<Integer, Message> fields() {
            return FIELDS.getOrDefault(this, Map.of());
        }
    }

    private final ProtobufCursor cursor;
    private final List<TensorSpan> inside = new ArrayList<>();
    private final Map<String, List<TensorSpan>> outside = new TreeMap<>();
    private boolean hasGraph;

    private OnnxTensors(ProtobufCursor cursor) {
        this.cursor = cursor;
    }

    /**
     * Looks through a model.
     *
     * @throws PackException if it is no ONNX model
     */
    public static OnnxTensors of(FileChannel file) throws IOException {
        var tensors = new OnnxTensors(new ProtobufCursor(file));
        tensors.walk(Message.MODEL, 0, file.size(), 0);
        if (!tensors.hasGraph) {
            throw new PackException("NOT_ONNX", "the model", "no graph", "an ONNX model");
        }
        return tensors;
    }

    /** In the model's own file, by offset. */
    public List<TensorSpan> inside() {
        return inside;
    }

    /** In files beside it, by their paths as the model spells them; by offset, none over another. */
    public Map<String, List<TensorSpan>> outside() {
        outside.values().forEach(spans -> {
            spans.sort(Comparator.comparingLong(TensorSpan::offset)
                    .thenComparing(TensorSpan::length, Comparator.reverseOrder()));
            long end = 0;
            for (var each = spans.iterator(); each.hasNext(); ) {
                var span = each.next();
                if (span.offset() < end) {
                    each.remove();
                } else {
                    end = span.offset() + span.length();
                }
            }
        });
        return outside;
    }

    private void walk(Message message, long start, long end, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new PackException("MODEL_MALFORMED", "graphs", "more than " + DEEPEST + " in each other", "fewer");
        }
        if (message == Message.TENSOR) {
            tensor(start, end);
            return;
        }
        var fields = message.fields();
        for (long at = start; cursor.next(at, end); ) {
            long valueStart = cursor.valueStart();
            at = cursor.valueEnd();
            var inner = fields.get(cursor.field());
            if (inner != null && cursor.is(cursor.field(), ProtobufCursor.LENGTH_DELIMITED)) {
                hasGraph |= message == Message.MODEL && inner == Message.GRAPH;
                walk(inner, valueStart, at, depth + 1);
            }
        }
    }

    private void tensor(long start, long end) throws IOException {
        var dims = new ArrayList<Long>();
        long type = 0;
        var found = new ArrayList<TensorSpan>();
        var external = new HashMap<String, String>();
        for (long at = start; cursor.next(at, end); ) {
            long valueStart = cursor.valueStart();
            at = cursor.valueEnd();
            if (cursor.is(1, ProtobufCursor.VARINT) && dims.size() < MOST_DIMS) {
                dims.add(cursor.number());
            } else if (cursor.is(1, ProtobufCursor.LENGTH_DELIMITED)) {
                dims.addAll(cursor.packed(MOST_DIMS));
            } else if (cursor.is(2, ProtobufCursor.VARINT)) {
                type = cursor.number();
            } else if (cursor.is(4, ProtobufCursor.LENGTH_DELIMITED)) {
                found.add(new TensorSpan(valueStart, at - valueStart, FLOAT, dims));
            } else if (cursor.is(10, ProtobufCursor.LENGTH_DELIMITED)) {
                found.add(new TensorSpan(valueStart, at - valueStart, DOUBLE, dims));
            } else if (cursor.is(9, ProtobufCursor.LENGTH_DELIMITED)) {
                found.add(new TensorSpan(valueStart, at - valueStart, 0, dims));
            } else if (cursor.is(13, ProtobufCursor.LENGTH_DELIMITED)) {
                entry(valueStart, at, external);
            }
        }
        for (var span : found) {
            if (span.length() >= LEAST_BYTES) {
                inside.add(new TensorSpan(span.offset(), span.length(), span.type() == 0 ? type : span.type(), dims));
            }
        }
        var location = external.get("location");
        if (location != null) {
            long offset = number(external, "offset", 0);
            long length = number(external, "length", Long.MAX_VALUE - offset);
            outside.computeIfAbsent(location, path -> new ArrayList<>())
                    .add(new TensorSpan(offset, length, type, dims));
        }
    }

    private void entry(long start, long end, Map<String, String> entries) throws IOException {
        String key = "";
        String value = "";
        for (long at = start; cursor.next(at, end); ) {
            at = cursor.valueEnd();
            if (cursor.is(1, ProtobufCursor.LENGTH_DELIMITED)) {
                key = cursor.text(LONGEST_PATH);
            } else if (cursor.is(2, ProtobufCursor.LENGTH_DELIMITED)) {
                value = cursor.text(LONGEST_PATH);
            }
        }
        entries.put(key, value);
    }

    private static long number(Map<String, String> entries, String key, long otherwise) throws PackException {
        var text = entries.get(key);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw new PackException("MODEL_MALFORMED", "external data", key + " '" + text + "'", "a number of bytes");
        }
        return Long.parseLong(text);
    }
}

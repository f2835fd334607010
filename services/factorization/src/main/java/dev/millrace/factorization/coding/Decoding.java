package dev.millrace.factorization.coding;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;

/**
 * Puts a weight's code in its place: indices in bytes, tables, and nodes that make the weight of them ({@code Cast}, {@code
 * Gather}, {@code Reshape}). Tables that rows are looked up in stay coded: only the rows that are looked up are made.
 *
 * <p>ONNX Runtime makes the weights when it loads the model, by constant folding, so that a run takes what it took before;
 * what is small is the file.
 */
final class Decoding {
    private static final int BYTE_VALUES = 256;

    private final Graph graph;
    private final boolean trained;
    private final IdentityHashMap<Table, String> codebooks = new IdentityHashMap<>();

    private Decoding(Graph graph, boolean trained) {
        this.graph = graph;
        this.trained = trained;
    }

    /** For running: several indices lie in a byte where they fit, the scale is part of the tables. */
    static Decoding packed(Graph graph) {
        return new Decoding(graph, false);
    }

    /** For training: tables are initializers as they are, each once, so that the gradient of an entry is that of all its uses. */
    static Decoding trained(Graph graph) {
        return new Decoding(graph, true);
    }

    /** The initializers of {@link #trained} tables. */
    IdentityHashMap<Table, String> codebooks() {
        return codebooks;
    }

    /** Replaces the weight. */
    void write(CodableWeight weight, Code code) {
        var name = weight.name();
        long rowElements = weight.tensor().dim(weight.tensor().rank() - 1);
        boolean rows = weight.isTable() && rowElements % code.length() == 0;
        long unit = (rows ? rowElements : code.elements()) / code.length();
        int perByte = code.elements() % code.length() == 0 ? indicesInByte(code, unit) : 1;
        var parts = new ArrayList<Part>();
        for (var term : code.terms()) {
            long[] dims = rows
                    ? new long[] {weight.tensor().dim(0), unit / perByte}
                    : new long[] {term.indices().length / perByte};
            parts.add(new Part(
                    put(Tensor.bytes(
                            graph.freshName(name + ".codes"),
                            DataType.UINT8,
                            packed(term.indices(), perByte, term),
                            dims)),
                    table(weight, code, term, perByte),
                    gains(name, term, dims)));
        }
        graph.removeInitializer(name);
        if (rows) {
            weight.readers().forEach(reader -> lookUp(weight, code, parts, reader));
        } else {
            var nodes = new ArrayList<Node>();
            var runs = sum(nodes, weight, code, parts);
            shape(nodes, weight, code, runs);
            graph.addFirst(nodes.toArray(Node[]::new));
        }
    }

    /** Names of a term's tensors; no gains are an empty name. */
    private record Part(String codes, String table, String gains) {}

    private int indicesInByte(Code code, long unit) {
        int perByte = 8;
        for (var term : code.terms()) {
            int entries = term.table().entries();
            int fits = trained || term.hasGains() || entries > 16 ? 1 : entries > 4 ? 2 : 4;
            perByte = Math.min(perByte, fits);
        }
        while (unit % perByte != 0) {
            perByte /= 2;
        }
        return perByte;
    }

    private static byte[] packed(byte[] indices, int perByte, Term term) {
        if (perByte == 1) {
            return indices;
        }
        int entries = term.table().entries();
        var packed = new byte[indices.length / perByte];
        for (int i = 0; i < indices.length; i++) {
            packed[i / perByte] = (byte) ((packed[i / perByte] & 0xff) * entries + (indices[i] & 0xff));
        }
        return packed;
    }

    /** Every combination of the entries that a byte names, side by side. */
    private String table(CodableWeight weight, Code code, Term term, int perByte) {
        var table = term.table();
        var type = weight.tensor().type();
        if (trained) {
            return codebooks.computeIfAbsent(
                    table,
                    missing -> put(Tensor.floats(
                            graph.freshName("codebook"), type, table.values(), table.entries(), table.length())));
        }
        int combinations = (int) Math.pow(table.entries(), perByte);
        int width = perByte * table.length();
        var values = new float[combinations * width];
        for (int row = 0; row < combinations; row++) {
            int rest = row;
            for (int place = perByte - 1; place >= 0; place--) {
                int entry = rest % table.entries();
                rest /= table.entries();
                for (int i = 0; i < table.length(); i++) {
                    values[row * width + place * table.length() + i] =
                            code.scale() * table.values()[entry * table.length() + i];
                }
            }
        }
        assert combinations <= BYTE_VALUES;
        return put(Tensor.floats(graph.freshName(weight.name() + ".table"), type, values, combinations, width));
    }

    private String gains(String name, Term term, long[] dims) {
        if (!term.hasGains()) {
            return "";
        }
        var wide = new long[dims.length + 1];
        System.arraycopy(dims, 0, wide, 0, dims.length);
        wide[dims.length] = 1;
        return put(Tensor.bytes(graph.freshName(name + ".gains"), DataType.INT8, term.gains(), wide));
    }

    private String put(Tensor tensor) {
        graph.put(tensor);
        return tensor.name();
    }

    /** Makes only the rows that a node looks up. */
    private void lookUp(CodableWeight weight, Code code, List<Part> parts, Node reader) {
        var nodes = new ArrayList<Node>();
        var ids = reader.input(1);
        var found = parts.stream()
                .map(part -> new Part(
                        node(nodes, "Gather", part.codes(), ids),
                        part.table(),
                        part.gains().isEmpty() ? "" : node(nodes, "Gather", part.gains(), ids)))
                .toList();
        var runs = sum(nodes, weight, code, found);
        var shape = graph.freshName(weight.name() + ".shape");
        nodes.add(Node.of(
                "Concat",
                shape,
                List.of(node(nodes, "Shape", ids), put(Tensor.longs(graph.freshName("width"), width(weight), 1))),
                List.of(shape),
                Attribute.of("axis", 0)));
        nodes.add(Node.of("Reshape", graph.freshName(reader.name()), List.of(runs, shape), List.of(reader.output())));
        graph.replace(reader, nodes.toArray(Node[]::new));
    }

    private static long[] width(CodableWeight weight) {
        return new long[] {weight.tensor().dim(1)};
    }

    /** {@code (…, runs, length)}: the sum of all terms. */
    private String sum(List<Node> nodes, CodableWeight weight, Code code, List<Part> parts) {
        var sum = "";
        for (var part : parts) {
            var indices = node(nodes, "Cast", List.of(part.codes()), Attribute.of("to", DataType.INT32.code()));
            var entries = node(nodes, "Gather", part.table(), indices);
            if (!part.gains().isEmpty()) {
                var type = Attribute.of("to", weight.tensor().type().code());
                entries = node(nodes, "Mul", entries, node(nodes, "Cast", List.of(part.gains()), type));
            }
            sum = sum.isEmpty() ? entries : node(nodes, "Add", sum, entries);
        }
        if (!trained) {
            return sum;
        }
        var scale = put(Tensor.floats(
                graph.freshName(weight.name() + ".scale"), weight.tensor().type(), new float[] {code.scale()}));
        return node(nodes, "Mul", sum, scale);
    }

    /** To the weight's dims, what reaches beyond it cut off. */
    private void shape(List<Node> nodes, CodableWeight weight, Code code, String runs) {
        var flat = runs;
        if (code.elements() % code.length() != 0) {
            flat = node(nodes, "Reshape", runs, put(Tensor.longs(graph.freshName("flat"), new long[] {-1}, 1)));
            flat = node(
                    nodes,
                    "Slice",
                    flat,
                    put(Tensor.longs(graph.freshName("first"), new long[] {0}, 1)),
                    put(Tensor.longs(graph.freshName("end"), new long[] {code.elements()}, 1)));
        }
        var dims = weight.tensor().dims();
        nodes.add(Node.of(
                "Reshape",
                graph.freshName(weight.name() + ".decoded"),
                List.of(flat, put(Tensor.longs(graph.freshName("dims"), dims, dims.length))),
                List.of(weight.name())));
    }

    private String node(List<Node> nodes, String type, String... inputs) {
        return node(nodes, type, List.of(inputs));
    }

    private String node(List<Node> nodes, String type, List<String> inputs, Attribute... attributes) {
        var name = graph.freshName(inputs.get(0) + "_" + type.toLowerCase(Locale.ROOT));
        nodes.add(Node.of(type, name, inputs, List.of(name), attributes));
        return name;
    }
}

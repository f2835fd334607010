package dev.millrace.onnx;

import java.util.List;
import java.util.Random;

/**
 * Builds small models from Java, names given or made up.
 *
 * <pre>{@code
 * var m = new ModelBuilder(17);
 * var x = m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(8));
 * var h = m.node("MatMul", List.of(x, m.normal("w", 8, 4)));
 * m.output(m.node("Relu", List.of(h)), DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(4));
 * var model = m.build();
 * }</pre>
 */
public final class ModelBuilder {
    private final Graph graph = new Graph("main");
    private final Random random = new Random(20_17);
    private final long opset;

    public ModelBuilder(long opset) {
        this.opset = opset;
    }

    public String input(String name, DataType type, Dimension... shape) {
        graph.addInput(ValueInfo.tensor(name, type, shape));
        return name;
    }

    public String input(String name, DataType type, long... shape) {
        graph.addInput(ValueInfo.tensor(name, type, shape));
        return name;
    }

    public void output(String name, DataType type, Dimension... shape) {
        graph.addOutput(ValueInfo.tensor(name, type, shape));
    }

    public void output(String name, DataType type, long... shape) {
        graph.addOutput(ValueInfo.tensor(name, type, shape));
    }

    /** Adds an initializer. */
    public String initializer(Tensor tensor) {
        graph.put(tensor);
        return tensor.name();
    }

    /** Adds a float initializer of normal numbers, scaled so that a layer keeps the size of its input; always the same. */
    public String normal(String name, long... dims) {
        return initializer(Tensor.floats(name, normals(dims), dims));
    }

    /** Adds a Constant node of normal numbers. */
    public String normalConstant(String name, long... dims) {
        var value = Tensor.floats(name, normals(dims), dims);
        graph.add(Node.of("Constant", name, List.of(), List.of(name), Attribute.of("value", value)));
        return name;
    }

    private float[] normals(long... dims) {
        var values = new float[Math.toIntExact(Tensor.product(dims))];
        double fanIn = dims.length < 2 ? 1 : (double) values.length / dims[0];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(Math.max(1, fanIn)));
        }
        return values;
    }

    /** Adds an int64 vector, such as axes or a shape. */
    public String longs(String name, long... values) {
        return initializer(Tensor.longs(name, values, values.length));
    }

    /** Adds a node with one output; both are named after the operator. */
    public String node(String opType, List<String> inputs, Attribute... attributes) {
        var name = graph.freshName(opType.toLowerCase(java.util.Locale.ROOT));
        return node(Node.of(opType, name, inputs, List.of(name), attributes));
    }

    /** Adds a node. */
    public String node(Node node) {
        graph.add(node);
        return node.output();
    }

    /** The graph being built, for what this builder has no word for. */
    public Graph graph() {
        return graph;
    }

    public Model build() {
        return new Model(graph, opset);
    }
}

package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.fixture.TinyModels;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {
    @Test
    void findsProducersAndConsumers() {
        var graph = TinyModels.cnn().graph();
        assertThat(graph.producer("r1").map(Node::name)).contains("relu1");
        assertThat(graph.consumers("r1")).extracting(Node::name).containsExactly("conv2", "add");
        assertThat(graph.onlyConsumer("c1").map(Node::name)).contains("bn");
        assertThat(graph.onlyConsumer("y")).isEmpty();
    }

    @Test
    void anIfConsumesWhatItsBranchesCapture() {
        var graph = TinyModels.branches().graph();
        assertThat(graph.consumers("h")).extracting(Node::name).containsExactly("if");
        var branch = graph.nodes().get(2).subgraphs().get(0);
        assertThat(branch.captures()).containsExactly("h");
        assertThat(branch.constant("outer.weight")).isPresent();
        assertThat(branch.parent()).contains(graph);
    }

    @Test
    void insertsAPairOfNodesIntoAnEdge() {
        var graph = TinyModels.mlp().graph();
        var relu = graph.producer("r").orElseThrow();
        graph.replaceUses("r", "r.q");
        graph.insertAfter(relu, Node.of("Identity", "quantize", List.of("r"), List.of("r.q")));
        assertThat(graph.nodes()).extracting(Node::name).containsExactly("fc1", "relu", "quantize", "fc2");
        assertThat(graph.producer("y").orElseThrow().input(0)).isEqualTo("r.q");
        assertThat(graph.consumers("r")).extracting(Node::name).containsExactly("quantize");
    }

    @Test
    void replacesUsesInsideBranchesToo() {
        var graph = TinyModels.branches().graph();
        var outer = graph.producer("h").orElseThrow();
        graph.insertAfter(outer, Node.of("Relu", "relu", List.of("h"), List.of("h2")));
        graph.replaceUses("h", "h2", node -> !node.name().equals("relu"));
        assertThat(graph.consumers("h")).extracting(Node::name).containsExactly("relu");
        assertThat(graph.consumers("h2")).extracting(Node::name).containsExactly("if");
    }

    @Test
    void renamesAValueEverywhere() {
        var graph = TinyModels.branches().graph();
        graph.rename("y", "result");
        graph.rename("x", "input");
        assertThat(graph.outputs()).extracting(ValueInfo::name).containsExactly("result");
        assertThat(graph.inputs()).extracting(ValueInfo::name).containsExactly("input", "flag");
        assertThat(graph.producer("h").orElseThrow().input(0)).isEqualTo("input");
        assertThat(graph.producer("y")).isEmpty();
    }

    @Test
    void setsAConstantWhereItStands() {
        var graph = TinyModels.branches().graph();
        var ones = new float[16];
        java.util.Arrays.fill(ones, 1);
        var branch = graph.nodes().get(2).subgraphs().get(1);
        branch.setConstant(Tensor.floats("outer.weight", ones, 4, 4));
        branch.setConstant(Tensor.floats("else.weight", ones, 4, 4));
        assertThat(graph.constant("outer.weight").orElseThrow().floats()).containsOnly(1);
        assertThat(graph.producer("outer.weight").orElseThrow().opType()).isEqualTo("Constant");
        assertThat(branch.initializer("else.weight").orElseThrow().floats()).containsOnly(1);
        assertThatThrownBy(() -> graph.setConstant(Tensor.floats("h", ones, 4, 4)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSparseInitializerReadsAsADenseConstant() {
        var graph = new Graph("g");
        graph.put(new SparseTensor(
                Tensor.floats("s", new float[] {5, 7}, 2), Tensor.longs("", new long[] {1, 4}, 2), List.of(2L, 3L)));
        assertThat(graph.constant("s").orElseThrow().floats()).containsExactly(0, 5, 0, 0, 7, 0);
        graph.put(new SparseTensor(
                Tensor.floats("c", new float[] {5, 7}, 2),
                Tensor.longs("", new long[] {0, 1, 1, 1}, 2, 2),
                List.of(2L, 3L)));
        assertThat(graph.constant("c").orElseThrow().floats()).containsExactly(0, 5, 0, 0, 7, 0);
    }

    @Test
    void freshNamesCollideWithNothingInAnyGraph() {
        var graph = TinyModels.branches().graph();
        assertThat(graph.freshName("then.y")).isEqualTo("then.y_1");
        assertThat(graph.freshName("then.y")).isEqualTo("then.y_2");
        assertThat(graph.nodes().get(2).subgraphs().get(0).freshName("outer")).isEqualTo("outer_1");
        assertThat(graph.freshName("new")).isEqualTo("new");
    }

    @Test
    void sortsAndKeepsTheOrderOfFreeNodes() {
        var graph = new Graph("g");
        graph.addInput(ValueInfo.tensor("x", DataType.FLOAT, 1L));
        graph.add(
                Node.of("Add", "last", List.of("a", "b"), List.of("y")),
                Node.of("Relu", "b", List.of("x"), List.of("b")),
                Node.of("Relu", "a", List.of("b"), List.of("a")),
                Node.of("Relu", "c", List.of("x"), List.of("c")));
        graph.sort();
        assertThat(graph.nodes()).extracting(Node::name).containsExactly("b", "a", "last", "c");
        graph.replace(graph.producer("b").orElseThrow(), Node.of("Relu", "b", List.of("y"), List.of("b")));
        assertThatThrownBy(graph::sort).isInstanceOf(RefusedException.class).hasMessageContaining("GRAPH_CYCLE");
    }

    @Test
    void removesWhatNoOutputDependsOn() {
        var graph = TinyModels.branches().graph();
        graph.put(Tensor.floats("unused", new float[1]));
        graph.add(Node.of("Relu", "dead", List.of("h"), List.of("nowhere")));
        graph.nodes().get(2).subgraphs().get(0).put(Tensor.floats("unused.inside", new float[1]));
        assertThat(graph.removeDead()).isEqualTo(3);
        assertThat(graph).isEqualTo(TinyModels.branches().graph());
    }

    @Test
    void aSecondProducerOfAValueIsRefused() {
        var graph = TinyModels.mlp().graph();
        assertThatThrownBy(() -> graph.add(Node.of("Relu", "again", List.of("x"), List.of("h"))))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("DUPLICATE_NAME");
    }

    @Test
    void aCopySharesNoMutableState() {
        var model = TinyModels.branches();
        var copy = model.copy();
        var branch = copy.graph().nodes().get(2).subgraphs().get(0);
        branch.setConstant(Tensor.floats("then.weight", new float[16], 4, 4));
        assertThat(model).isEqualTo(TinyModels.branches()).isNotEqualTo(copy);
        assertThat(branch.parent().orElseThrow()).isSameAs(copy.graph());
    }
}

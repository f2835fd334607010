package dev.millrace.onnx.op;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;
import java.util.Optional;

/** The writing of one node: what its operator sees and where it writes to. */
public interface Emission {
    Node node();

    /** Opset of the node's domain. */
    long opset();

    /** Whether an input is given. */
    default boolean has(int input) {
        return node().hasInput(input);
    }

    /**
     * Expression of an input.
     *
     * @throws RefusedException {@code INPUT_MISSING} if the node leaves it out
     */
    String in(int input);

    /** An input that is known before running. */
    Optional<Tensor> constant(int input);

    /** Number of axes of an input, as far as it is declared. */
    Optional<Integer> rank(int input);

    /** Whether an input is declared, or known from the operator that makes it, to be a list of tensors. */
    boolean isSequence(int input);

    /** Whether an input is read by this node only, and neither its maker's gradient nor anybody else needs its numbers. */
    boolean mayOverwrite(int input);

    /** Element type of an input; {@link DataType#UNDEFINED} where it is not declared. */
    DataType typeOf(int input);

    /**
     * Number of a type in TorchScript.
     *
     * @throws RefusedException {@code TYPE_UNSUPPORTED} if tensors of it cannot be computed with
     */
    int torchType(DataType type);

    /** Writes a statement. */
    void line(String statement);

    /** Writes {@code header:} and what {@code body} writes, one step to the right. */
    void block(String header, Runnable body);

    /** A variable name that nothing else has. */
    String fresh();

    /** Makes an expression the value of an output, under a new variable. */
    void define(int output, String expression);

    /** The variable of an output, to be assigned by the operator's own statements. */
    String declare(int output);

    /**
     * Writes the nodes of a subgraph here.
     *
     * @param arguments expressions for the inputs of the subgraph, in order
     * @return expressions of its outputs, in order
     */
    List<String> inline(Graph body, List<String> arguments);

    /** Whether the graph is compiled for training: rounding must then let gradients through. */
    boolean trains();

    /** Whether training may change an input that is known before running. */
    boolean trains(int input);

    /**
     * An integer weight as a float one that can be trained.
     *
     * @param input the integers, known before running
     * @param numbers what the integers stand for, in the shape of the input
     * @param stored TorchScript for the integers of a float tensor, {@code %s}
     * @return expression of the float tensor
     */
    String latent(int input, float[] numbers, String stored);

    /** The refusal of something that this operator's form has and TorchScript has not. */
    default RefusedException refuse(String found, String allowed) {
        return new RefusedException("OPERATOR_UNSUPPORTED", node().toString(), found, allowed);
    }
}

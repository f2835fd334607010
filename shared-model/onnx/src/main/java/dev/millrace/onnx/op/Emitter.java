package dev.millrace.onnx.op;

/** Writes a node as TorchScript. */
@FunctionalInterface
public interface Emitter {
    /** Defines every output of the node that is wanted. */
    void emit(Emission emission);
}

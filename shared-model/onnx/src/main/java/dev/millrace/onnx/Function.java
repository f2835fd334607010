package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.FunctionProto;

/**
 * A model-local function: an operator defined by a graph.
 *
 * @param body its nodes; inputs and outputs have names but no types
 * @param rest name, domain, opset imports, attributes and all that is not the body
 */
public record Function(Graph body, FunctionProto rest) {
    public String name() {
        return rest.getName();
    }

    public String domain() {
        return rest.getDomain();
    }

    /** The opset version that the body is written in; 0 if it imports none of that domain. */
    public long opset(String domain) {
        return Model.opset(rest.getOpsetImportList(), domain);
    }

    Function copy() {
        return new Function(body.copy(), rest);
    }

    /** The same function, its body declared to be written in another version of the standard operator set. */
    public Function withOpset(long version) {
        return new Function(
                body,
                rest.toBuilder()
                        .clearOpsetImport()
                        .addAllOpsetImport(Model.withOpset(rest.getOpsetImportList(), "", version))
                        .build());
    }
}

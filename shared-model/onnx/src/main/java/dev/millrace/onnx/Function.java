package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.FunctionProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /** The versions that the body is written in; those of {@code model} for domains that the function does not import. */
    public Map<String, Long> opsets(Map<String, Long> model) {
        var opsets = new HashMap<>(model);
        rest.getOpsetImportList()
                .forEach(opset ->
                        opsets.put(opset.getDomain().equals("ai.onnx") ? "" : opset.getDomain(), opset.getVersion()));
        return opsets;
    }

    /** Overload of the function; usually empty. */
    public String overload() {
        return rest.getOverload();
    }

    /** The value that an attribute has where a call does not give it; tensors and graphs have no defaults here. */
    public Optional<Attribute> defaultAttribute(String name) {
        return rest.getAttributeProtoList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .findFirst()
                .map(attribute -> new Attribute(attribute, List.of(), List.of()));
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

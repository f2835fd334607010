package dev.millrace.onnx.op;

import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Node;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every operator that can be written as TorchScript. */
public final class Ops {
    private static final List<Op> ALL = Arrays.stream(Op.class.getPermittedSubclasses())
            .flatMap(family -> Stream.of(family.getEnumConstants()))
            .map(Op.class::cast)
            .toList();

    private static final Map<String, List<Op>> BY_NAME =
            ALL.stream().collect(Collectors.groupingBy(op -> name(op.domain(), op.type())));

    private Ops() {}

    public static List<Op> all() {
        return ALL;
    }

    /** The operator of a node; empty if there is none of that type, domain and opset. */
    public static Optional<Op> find(Node node, long opset) {
        return BY_NAME.getOrDefault(name(node.domain(), node.opType()), List.of()).stream()
                .filter(op -> op.form().covers(opset))
                .findFirst();
    }

    /**
     * The operator of a node.
     *
     * @throws RefusedException {@code OPERATOR_UNSUPPORTED} naming the node and the nearest operator that is known
     */
    public static Op of(Node node, long opset) {
        return find(node, opset).orElseThrow(() -> {
            var found = name(node.domain(), node.opType());
            var allowed = BY_NAME.containsKey(found)
                    ? "the forms of other opsets"
                    : NearestName.of(found, BY_NAME.keySet())
                            .map(nearest -> "nearest: " + nearest)
                            .orElse("one of the " + new TreeSet<>(BY_NAME.keySet()).size() + " operators that are");
            return new RefusedException(
                    "OPERATOR_UNSUPPORTED",
                    node.toString(),
                    found + " of opset " + opset + " cannot be compiled for training",
                    allowed);
        });
    }

    /** {@code Conv}, {@code com.microsoft.FusedConv}. */
    private static String name(String domain, String type) {
        return domain.isEmpty() ? type : domain + "." + type;
    }
}

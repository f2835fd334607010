package dev.millrace.onnx.script;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tensors of the graphs that become attributes of the module, each once however often it is read. */
final class Slots {
    /** @param latent whether it is the float weight behind an integer one, beside which the integers may be read too */
    private record Key(Graph graph, String name, boolean latent) {
        @Override
        @SuppressWarnings("ReferenceEquality") // graphs are mutable; the place counts, not the content
        public boolean equals(Object other) {
            return other instanceof Key that && graph == that.graph && name.equals(that.name) && latent == that.latent;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(graph) * 31 + name.hashCode();
        }
    }

    private final ScriptOptions options;
    private final Map<Key, Slot> slots = new LinkedHashMap<>();

    Slots(ScriptOptions options) {
        this.options = options;
    }

    List<Slot> all() {
        return List.copyOf(slots.values());
    }

    /** The expression of a tensor. What is read in several roles is a weight if it is one in any of them. */
    String of(Scope.Known known, Slot.Role role) {
        var key = new Key(known.graph(), known.tensor().name(), false);
        var slot = slots.get(key);
        if (slot == null) {
            slot = slot(known, role, (role == Slot.Role.WEIGHT && trained(known) ? "p" : "c") + slots.size());
        } else if (slot.role() != role && role != Slot.Role.CONSTANT && !slot.trained()) {
            slot = slot(known, role, slot.name());
        }
        slots.put(key, slot);
        return "self." + slot.name();
    }

    private Slot slot(Scope.Known known, Slot.Role wanted, String name) {
        var tensor = known.tensor();
        boolean trained = wanted == Slot.Role.WEIGHT && trained(known);
        var role = wanted == Slot.Role.WEIGHT && !trained ? Slot.Role.CONSTANT : wanted;
        return new Slot(
                name,
                known.graph(),
                tensor,
                tensor,
                stored(name),
                type(tensor.type(), tensor.toString()),
                role,
                options.channelsLast() && trained && tensor.rank() == 4);
    }

    private boolean trained(Scope.Known known) {
        boolean initializer = known.graph().initializer(known.tensor().name()).isPresent();
        return options.trainable().test(known.tensor().name()) && Weights.likely(known.tensor(), initializer);
    }

    /**
     * The expression of the float weight that an integer one stands for.
     *
     * @param numbers what it starts as
     * @param integers TorchScript for the integers of a float tensor, {@code %s}
     */
    String latent(Scope.Known known, float[] numbers, String integers) {
        var tensor = known.tensor();
        var name = "p" + slots.size();
        var slot = slots.computeIfAbsent(
                new Key(known.graph(), tensor.name(), true),
                key -> new Slot(
                        name,
                        known.graph(),
                        tensor,
                        Tensor.floats(tensor.name(), numbers, tensor.dims()),
                        integers.formatted(stored(name)),
                        TorchType.FLOAT32,
                        Slot.Role.WEIGHT,
                        false));
        return "self." + slot.name();
    }

    private static String stored(String name) {
        return "torch.detach(self." + name + ")";
    }

    /** Whether training may change an integer weight. */
    boolean trainable(Tensor tensor) {
        return options.differentiable() && options.trainable().test(tensor.name());
    }

    /** The type that values of an ONNX type are computed in here. */
    TorchType type(DataType type, String where) {
        var exact = TorchType.of(type, where);
        boolean narrow = exact == TorchType.FLOAT16 || exact == TorchType.BFLOAT16;
        return options.differentiable() && narrow ? TorchType.FLOAT32 : exact;
    }
}

package dev.millrace.engine.train;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.engine.torch.TorchModule;
import dev.millrace.engine.torch.TorchValues;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.script.Script;
import dev.millrace.onnx.script.ScriptCompiler;
import dev.millrace.onnx.script.ScriptOptions;
import dev.millrace.onnx.script.Slot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A model loaded for training, one step at a time. {@link TrainingLoop} is what most want; this is for those who drive the
 * steps themselves.
 */
public final class Trainer implements AutoCloseable {
    private final Script script;
    private final Objective objective;
    private final TorchModule module;

    /** Losses of a batch: the weighted sum, each term's, and the fraction of right answers, NaN where there is none. */
    public record Losses(double total, List<Double> terms, double accuracy, double gradientNorm) {}

    /** A number for each element of a weight, in the shape in which {@code graph} stores it. */
    public record PerWeight(Graph graph, Tensor weight, Value numbers) {}

    private Trainer(Script script, Objective objective, TorchModule module) {
        this.script = script;
        this.objective = objective;
        this.module = module;
    }

    /**
     * Compiles and loads a model for training.
     *
     * @param directory where the archive lies while it is loaded
     * @throws RefusedException {@code OPERATOR_UNSUPPORTED} naming the node, {@code NOTHING_TO_TRAIN} if no weight reaches
     *     the losses
     */
    public static Trainer open(Model model, Objective objective, TrainingSettings settings, Path directory)
            throws IOException {
        var options = ScriptOptions.training()
                .outputs(objective.values())
                .batchStatistics(settings.batchStatistics())
                .bfloat16(settings.bfloat16())
                .trainable(settings.trainable());
        var script = ScriptCompiler.compile(model, options);
        if (script.weights().isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_TRAIN",
                    "model",
                    "no trainable weight before " + objective.values(),
                    "a model with float weights");
        }
        var training = new TrainingScript(script, objective, settings);
        var module = ScriptModule.load(script, training.methods(), training.state(), directory, settings.threads());
        var trainer = new Trainer(script, objective, module);
        trainer.call("begin", true); // what is made without gradients, steps with gradients could not change in place
        return trainer;
    }

    /** Number of weights, elements counted. */
    public long weights() {
        return script.weights().stream()
                .mapToLong(slot -> slot.tensor().elements())
                .sum();
    }

    /**
     * Trains on one batch.
     *
     * @param seed of what is random inside the graph
     * @throws RefusedException {@code TRAINING_FAILED} with libtorch's words if shapes or labels do not fit
     */
    public Losses step(Batch batch, double rate, long seed) {
        module.seed(seed);
        module.training(true);
        return run(batch, StepScript.name(false), true, rate);
    }

    /**
     * Trains on one batch what the settings train apart, and nothing else.
     *
     * @param seed of what is random inside the graph
     * @throws RefusedException as {@link #step}
     */
    public Losses stepApart(Batch batch, double rate, long seed) {
        module.seed(seed);
        module.training(true);
        return run(batch, StepScript.name(true), true, rate);
    }

    /**
     * Adds a batch's gradients to those of the next {@link #step}, which takes their mean. For settings that accumulate.
     *
     * @param seed of what is random inside the graph
     * @throws RefusedException as {@link #step}
     */
    public Losses gather(Batch batch, long seed) {
        module.seed(seed);
        module.training(true);
        return run(batch, "gather", true, Double.NaN);
    }

    /** Losses of a batch without training, as the model computes when it is used. */
    public Losses evaluate(Batch batch) {
        module.training(false);
        return run(batch, "losses", false, Double.NaN);
    }

    /**
     * Gradients of a batch's weighted loss by the weights, as the model computes when it is used. Nothing is trained.
     *
     * @return one for every trainable weight, in the same order on every call
     */
    public List<PerWeight> gradients(Batch batch) {
        return derivatives(batch, "gradients", List.of());
    }

    /**
     * The Hessian of a batch's weighted loss times a direction.
     *
     * @param direction a number for each weight, in the order of {@link #gradients}
     */
    public List<PerWeight> curvature(Batch batch, List<PerWeight> direction) {
        return derivatives(batch, "curvature", direction);
    }

    private List<PerWeight> derivatives(Batch batch, String method, List<PerWeight> direction) {
        module.training(false);
        try (var scope = module.scope()) {
            var arguments = arguments(scope, batch);
            for (var each : direction) {
                arguments.add(
                        TorchModule.listed(TorchValues.array(scope, "direction", each.numbers(), true), "direction"));
            }
            return perWeight(module.call(scope, method, true, arguments));
        } catch (EngineException e) {
            throw failed(batch, e);
        }
    }

    /**
     * How far each weight has moved away from zero, if the settings say that it is added up. What is held at zero counts as
     * it was before: it moves on as the losses would have it move.
     */
    public List<PerWeight> movement() {
        try (var scope = module.scope()) {
            return perWeight(module.call(scope, "movement", false, List.of()));
        }
    }

    /**
     * Gives weights that are held at zero, as {@link #load} left them, what they were before; {@link #load} after it says what
     * is held from there on. For settings that add up movement.
     */
    public void uncover() {
        call("uncover", false);
    }

    private List<PerWeight> perWeight(List<NDArray> arrays) {
        var all = new ArrayList<PerWeight>();
        for (int i = 0; i < arrays.size(); i++) {
            var slot = script.weights().get(i);
            var numbers = TorchValues.value(arrays.get(i)).copy();
            all.add(new PerWeight(slot.graph(), slot.tensor(), numbers));
        }
        return all;
    }

    private List<NDArray> arguments(PtNDManager scope, Batch batch) {
        var arguments = new ArrayList<NDArray>();
        for (var input : script.inputs()) {
            var value = Objects.requireNonNull(batch.feed().get(input.name()), input.name());
            arguments.add(TorchValues.array(scope, input.name(), value, true));
        }
        for (var target : objective.targets()) {
            arguments.add(TorchModule.listed(target(scope, batch, target), "targets"));
        }
        if (objective.targets().isEmpty()) {
            arguments.add(TorchModule.listed(scope.create(0), "targets")); // DJL cannot hand over an empty list
        }
        return arguments;
    }

    private static RefusedException failed(Batch batch, EngineException cause) {
        return new RefusedException(
                "TRAINING_FAILED",
                batch.where(),
                String.valueOf(cause.getMessage()).strip(),
                "values and labels that fit the model and its losses");
    }

    /** @param rate learning rate of a step; NaN for a method that takes none */
    private Losses run(Batch batch, String method, boolean gradients, double rate) {
        try (var scope = module.scope()) {
            var arguments = arguments(scope, batch);
            boolean step = !Double.isNaN(rate);
            if (step) {
                arguments.add(scope.create(rate));
            }
            var results = module.call(scope, method, gradients, arguments);
            return losses(step ? results.subList(1, results.size()) : results, step ? number(results.get(0)) : 0);
        } catch (EngineException e) {
            throw failed(batch, e);
        }
    }

    private NDArray target(PtNDManager scope, Batch batch, String target) {
        var value =
                target.equals(Loss.LABELS) ? batch.labels() : batch.expected().get(target);
        if (value == null) {
            throw new RefusedException(
                    "TARGET_MISSING", batch.where(), "no " + target, "data with " + objective.targets());
        }
        return TorchValues.array(scope, target, value, true);
    }

    private Losses losses(List<NDArray> results, double norm) {
        int count = objective.terms().size();
        var terms = results.subList(1, 1 + count).stream().map(Trainer::number).toList();
        boolean counted = objective.terms().stream()
                .anyMatch(term -> !term.loss().accuracy("", "").isEmpty());
        return new Losses(number(results.get(0)), terms, counted ? number(results.get(count + 1)) : Double.NaN, norm);
    }

    private static double number(NDArray array) {
        return TorchValues.value(array).number(0);
    }

    /** Makes the present weights the best ones. */
    void keep() {
        call("keep", false);
    }

    /** Makes the best weights the present ones. */
    void recall() {
        call("recall", false);
    }

    private void call(String method, boolean gradients) {
        try (var scope = module.scope()) {
            module.call(scope, method, gradients, List.of());
        }
    }

    /** Writes weights and statistics into the graph they came from, each in the type and place it has there. */
    public void store() {
        try (var scope = module.scope()) {
            var values = module.call(scope, "changing", false, List.of());
            for (int i = 0; i < values.size(); i++) {
                var slot = script.changing().get(i);
                slot.graph().setConstant(stored(slot, TorchValues.value(values.get(i))));
            }
        }
    }

    private static Tensor stored(Slot slot, Value value) {
        var origin = slot.tensor();
        if (origin.type() == DataType.FLOAT || origin.type() == DataType.DOUBLE) {
            var copy = ByteBuffer.allocate(value.bytes().remaining());
            copy.put(value.bytes()).rewind();
            return Tensor.of(origin.name(), origin.type(), copy, origin.dims());
        }
        if (origin.type().isInteger()) {
            var integers = new long[Math.toIntExact(value.size())];
            value.longs().get(integers);
            return Tensor.integers(origin.name(), origin.type(), integers, origin.dims());
        }
        var floats = new float[Math.toIntExact(value.size())];
        value.floats().get(floats);
        return Tensor.floats(origin.name(), origin.type(), floats, origin.dims());
    }

    /**
     * Takes weights and statistics from the graph they were written to: the way back from {@link #store}. Where zeros are
     * kept, what is zero now is held from here on, and nothing else.
     *
     * @throws IllegalStateException if a weight is stored as integers
     */
    public void load() {
        try (var scope = module.scope()) {
            var arrays = new ArrayList<NDArray>();
            for (var slot : script.changing()) {
                var tensor = slot.graph().constant(slot.tensor().name()).orElseThrow();
                if (!tensor.type().isFloatingPoint()) {
                    throw new IllegalStateException(tensor + " cannot be taken back into training");
                }
                var value =
                        Value.of(tensor.floats(), tensor.dims()).as(slot.type().dataType());
                arrays.add(TorchModule.listed(TorchValues.array(scope, tensor.name(), value, false), "values"));
            }
            module.call(scope, "revise", false, arrays);
        }
    }

    /** Copies of all tensors that a checkpoint needs. */
    List<Value> everything() {
        try (var scope = module.scope()) {
            return module.call(scope, "everything", false, List.of()).stream()
                    .map(array -> TorchValues.value(array).copy())
                    .toList();
        }
    }

    /** The way back from {@link #everything}. */
    void restore(List<Value> values) {
        try (var scope = module.scope()) {
            var arrays = values.stream()
                    .map(value -> TorchModule.listed(TorchValues.array(scope, "checkpoint", value, false), "values"))
                    .toList();
            module.call(scope, "restore", false, arrays);
        }
    }

    @Override
    public void close() {
        module.close();
    }
}

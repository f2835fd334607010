package dev.millrace.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.onnxruntime.engine.OrtNDManager;
import ai.djl.onnxruntime.engine.OrtSymbolBlock;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model ready to run on DJL's ONNX Runtime engine.
 *
 * <p>DJL starts the engine and owns the session: it is wrapped in DJL's {@link OrtSymbolBlock}, which {@link #block()}
 * gives to code that works on {@code NDArray}s, and is closed with DJL's manager. Running goes straight to the session
 * inside, because DJL's {@code forward} cannot carry boolean, float16, 16-bit or empty arrays, cannot pick outputs, and
 * copies every output to the heap.
 *
 * <p>Inputs are read from native memory without a copy; outputs are views of it. Several threads may run one session.
 */
public final class OrtSession implements AutoCloseable {
    static {
        // DJL would load a second engine beside this one for NDArray operations that nobody calls here.
        System.setProperty("ai.djl.onnx.disable_alternative", "true");
    }

    private final String where;
    private final NDManager manager;
    private final ai.onnxruntime.OrtSession session;
    private final OrtSymbolBlock block;
    private final List<ValueSpec> inputs;
    private final List<ValueSpec> outputs;
    private final @Nullable PortableCopy copy;

    /** Names that the session has and the model has not, to the model's, and the other way round. */
    private final Map<String, String> aliases;

    private final Map<String, String> sessionNames = new HashMap<>();

    private OrtSession(String where, Path file, SessionSettings settings, @Nullable PortableCopy copy) {
        this.where = where;
        this.copy = copy;
        aliases = copy == null ? Map.of() : copy.aliases();
        aliases.forEach((alias, name) -> sessionNames.put(name, alias));
        manager = NDManager.newBaseManager(Device.cpu(), "OnnxRuntime");
        try (var options = OrtOptions.of(settings)) {
            session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
            block = new OrtSymbolBlock(session, (OrtNDManager) manager);
            inputs = specs("input", session.getInputInfo());
            outputs = specs("output", session.getOutputInfo());
        } catch (OrtException e) {
            close();
            throw new RefusedException(
                    "MODEL_NOT_RUNNABLE", where, String.valueOf(e.getMessage()), "a model that ONNX Runtime loads");
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Loads the engine's native library, so that the first {@link #open} is only that. */
    public static void prepare() {
        NDManager.newBaseManager(Device.cpu(), "OnnxRuntime").close();
    }

    /**
     * Opens a model file; external data is looked for beside it.
     *
     * @throws RefusedException {@code MODEL_NOT_RUNNABLE} if ONNX Runtime does not load it or it takes or gives strings,
     *     sequences or maps
     * @throws IOException if a temporary copy is needed, because of names, and cannot be written
     */
    public static OrtSession open(Path model, SessionSettings settings) throws IOException {
        var where = String.valueOf(model.getFileName());
        var session = new OrtSession(where, model, settings, null);
        if (session.inputs.stream().allMatch(OrtSession::ascii)
                && session.outputs.stream().allMatch(OrtSession::ascii)) {
            return session;
        }
        var declared = Model.read(model).graph();
        if (Stream.concat(declared.requiredInputs().stream(), declared.outputs().stream())
                .allMatch(info -> PortableCopy.portable(info.name()))) {
            return session;
        }
        session.close();
        var copy = PortableCopy.write(model, List.of(), Path.of(System.getProperty("java.io.tmpdir")));
        return new OrtSession(where, copy.file(), settings, copy);
    }

    private static boolean ascii(ValueSpec spec) {
        return spec.name().chars().allMatch(c -> c < 128);
    }

    /**
     * Opens a model so that values inside its graph come out as further outputs, behind its own.
     *
     * @param values names of values that nodes of the main graph make; outputs among them stay where they are
     * @param directory where a temporary copy of the model may lie until the session is closed
     * @throws RefusedException {@code MODEL_NOT_RUNNABLE} if ONNX Runtime does not load it, {@code UNKNOWN_VALUE}
     * @throws IOException if the copy cannot be written
     */
    public static OrtSession observing(Path model, Collection<String> values, Path directory, SessionSettings settings)
            throws IOException {
        var copy = PortableCopy.write(model, values, directory);
        return new OrtSession(String.valueOf(model.getFileName()), copy.file(), settings, copy);
    }

    public List<ValueSpec> inputs() {
        return inputs;
    }

    public List<ValueSpec> outputs() {
        return outputs;
    }

    /** The same session for DJL code. */
    public OrtSymbolBlock block() {
        return block;
    }

    /** Runs once and gives every output. */
    public Outputs run(Map<String, Value> feed) {
        try (var bound = bind(feed)) {
            return bound.run();
        }
    }

    /**
     * Runs once.
     *
     * @param feed a value for every input, of its type
     * @param wanted names of the outputs to compute; nothing runs where there are none
     * @throws RefusedException {@code MODEL_RUN_FAILED} if the model cannot be run on these values
     */
    public Outputs run(Map<String, Value> feed, Collection<String> wanted) {
        if (wanted.isEmpty()) {
            return new Outputs(Map.of(), () -> {});
        }
        try (var bound = bind(feed, wanted)) {
            return bound.run();
        }
    }

    /** A feed made ready once and run often, all outputs wanted. */
    public Bound bind(Map<String, Value> feed) {
        return bind(feed, outputs.stream().map(ValueSpec::name).toList());
    }

    private Bound bind(Map<String, Value> feed, Collection<String> wanted) {
        var tensors = new LinkedHashMap<String, OnnxTensor>();
        try {
            for (var entry : feed.entrySet()) {
                tensors.put(inside(entry.getKey()), tensor(entry.getKey(), entry.getValue()));
            }
            var names = wanted.stream().map(this::inside).collect(Collectors.toCollection(LinkedHashSet::new));
            return new Bound(tensors, names);
        } catch (OrtException e) {
            tensors.values().forEach(OnnxTensor::close);
            throw refused(e);
        }
    }

    /** A feed inside the engine; each {@link #run()} reads what the feed's memory holds then. */
    public final class Bound implements AutoCloseable {
        private final Map<String, OnnxTensor> tensors;
        private final Set<String> wanted;

        private Bound(Map<String, OnnxTensor> tensors, Set<String> wanted) {
            this.tensors = tensors;
            this.wanted = wanted;
        }

        /**
         * Runs once.
         *
         * @throws RefusedException {@code MODEL_RUN_FAILED} if the model cannot be run on these values
         */
        public Outputs run() {
            try {
                var result = session.run(tensors, wanted);
                var values = new LinkedHashMap<String, Value>();
                result.forEach(entry -> values.put(outside(entry.getKey()), view((OnnxTensor) entry.getValue())));
                return new Outputs(values, result::close);
            } catch (OrtException e) {
                throw refused(e);
            }
        }

        @Override
        public void close() {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    /**
     * Ends profiling.
     *
     * @return the file with the timings, in Chrome's trace format
     * @throws IllegalStateException if the session was opened without {@link SessionSettings#profile()}
     */
    public Path endProfiling() {
        try {
            return Path.of(session.endProfiling());
        } catch (OrtException e) {
            throw new IllegalStateException("profiling " + where, e);
        }
    }

    /** The version of ONNX Runtime, {@code "1.29.0"}. */
    public static String version() {
        return OrtEnvironment.getEnvironment().getVersion();
    }

    @Override
    public void close() {
        manager.close();
        if (copy != null) {
            try {
                copy.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private String inside(String name) {
        return sessionNames.getOrDefault(name, name);
    }

    private String outside(String name) {
        return aliases.getOrDefault(name, name);
    }

    private OnnxTensor tensor(String name, Value value) throws OrtException {
        var type = OrtOptions.feedType(value.type());
        if (type == null) {
            throw new RefusedException(
                    "INPUT_TYPE_UNSUPPORTED",
                    where + ", input '" + name + "'",
                    value.type().name(),
                    "a type that ONNX Runtime's Java interface can feed");
        }
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), value.bytes(), value.dims(), type);
    }

    private static Value view(OnnxTensor tensor) {
        var info = tensor.getInfo();
        return Value.of(OrtOptions.type(info), info.getShape(), NativeMemory.of(tensor));
    }

    private RefusedException refused(OrtException e) {
        return new RefusedException(
                "MODEL_RUN_FAILED", where, String.valueOf(e.getMessage()), "inputs on which every operator can run");
    }

    private List<ValueSpec> specs(String kind, Map<String, NodeInfo> nodes) {
        var specs = new ArrayList<ValueSpec>();
        nodes.forEach((name, node) -> {
            var type = node.getInfo() instanceof TensorInfo info ? OrtOptions.type(info) : DataType.UNDEFINED;
            if (type.bits() == 0) {
                throw new RefusedException(
                        "MODEL_NOT_RUNNABLE",
                        where + ", " + kind + " '" + name + "'",
                        node.getInfo() instanceof TensorInfo ? type.name() : String.valueOf(node.getInfo()),
                        "tensors of numbers or booleans");
            }
            specs.add(new ValueSpec(outside(name), type, dims((TensorInfo) node.getInfo())));
        });
        return List.copyOf(specs);
    }

    private static List<Dimension> dims(TensorInfo info) {
        var sizes = info.getShape();
        var symbols = info.getDimensionNames();
        var dims = new ArrayList<Dimension>();
        for (int axis = 0; axis < sizes.length; axis++) {
            dims.add(sizes[axis] >= 0 ? Dimension.of(sizes[axis]) : Dimension.symbolic(symbols[axis]));
        }
        return dims;
    }
}

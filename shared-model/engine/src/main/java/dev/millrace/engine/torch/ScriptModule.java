package dev.millrace.engine.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Outputs;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.script.Script;
import dev.millrace.onnx.script.ScriptArchive;
import dev.millrace.onnx.script.ScriptCompiler;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An ONNX model compiled to TorchScript and loaded: it runs, and its weights can be read back into the model.
 *
 * <p>Outputs equal ONNX Runtime's up to rounding. Values inside the graph come out when {@link ScriptOptions#outputs} names
 * them.
 */
public final class ScriptModule implements AutoCloseable {
    private static final String EMPTY = """
              def forward(self: __torch__.Net) -> List[Tensor]:
                return annotate(List[Tensor], [])
            """;

    private final Script script;
    private final ScriptOptions options;
    private final TorchModule module;
    private final Map<String, DataType> declared;

    private ScriptModule(Model model, Script script, ScriptOptions options, TorchModule module) {
        this.script = script;
        this.options = options;
        this.module = module;
        declared = new LinkedHashMap<>();
        for (var name : script.outputs()) {
            model.graph()
                    .valueInfo(name)
                    .filter(info -> info.type() != DataType.UNDEFINED)
                    .ifPresent(info -> declared.put(name, info.type()));
        }
    }

    /**
     * Compiles and loads a model.
     *
     * @param directory where the archive lies while it is loaded; as large as the model
     * @param threads threads inside an operator
     * @throws RefusedException {@code OPERATOR_UNSUPPORTED} naming the node; others of {@link ScriptCompiler#compile}
     * @throws IOException if the archive cannot be written
     */
    public static ScriptModule open(Model model, ScriptOptions options, Path directory, int threads)
            throws IOException {
        var script = ScriptCompiler.compile(model, options);
        return new ScriptModule(model, script, options, load(script, List.of(), List.of(), directory, threads));
    }

    /**
     * Loads a script with further methods.
     *
     * @param state tensors that the methods assign
     */
    public static TorchModule load(Script script, List<String> methods, List<String> state, Path directory, int threads)
            throws IOException {
        var archive = Files.createTempFile(directory, "net", ".pt");
        try {
            ScriptArchive.write(archive, script, methods, state);
            return TorchModule.load(archive, threads);
        } finally {
            Files.delete(archive);
        }
    }

    /**
     * Loads methods that belong to no graph, from the resources {@code NAME.torchscript} beside a class.
     *
     * @param names of the resources; methods may call those of others
     * @param directory where a small archive lies during the call
     */
    public static TorchModule library(Class<?> owner, List<String> names, Path directory, int threads)
            throws IOException {
        var methods = new ArrayList<String>();
        for (var name : names) {
            try (var in = owner.getResourceAsStream(name + ".torchscript")) {
                methods.add(new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        var script = new Script(List.of(), List.of(), List.of(), List.of(), EMPTY, false);
        return load(script, methods, List.of(), directory, threads);
    }

    public Script script() {
        return script;
    }

    /**
     * Runs once.
     *
     * @param feed a value for every input
     * @return the outputs by name, views that end when closed; a list of tensors gives {@code name[0]}, {@code name[1]} …
     * @throws RefusedException {@code MODEL_RUN_FAILED} if the model cannot be run on these values, {@code INPUT_MISSING}
     */
    public Outputs run(Map<String, Value> feed) {
        var scope = module.scope();
        try {
            var results = module.call(scope, "forward", false, arguments(scope, feed));
            var values = named(results.stream().map(TorchValues::value).toList());
            values.replaceAll((name, value) -> value.as(declared.getOrDefault(name, value.type())));
            return new Outputs(values, scope::close);
        } catch (EngineException e) {
            scope.close();
            throw new RefusedException(
                    "MODEL_RUN_FAILED",
                    "libtorch",
                    String.valueOf(e.getMessage()).strip(),
                    "inputs on which every operator can run");
        } catch (RuntimeException e) {
            scope.close();
            throw e;
        }
    }

    private Map<String, Value> named(List<Value> results) {
        var values = new LinkedHashMap<String, Value>();
        int at = 0;
        int list = 0;
        for (var name : script.outputs()) {
            if (script.lists().contains(name)) {
                long length = results.get(results.size() - 1).longs().get(list++);
                for (int i = 0; i < length; i++) {
                    values.put(name + "[" + i + "]", results.get(at++));
                }
            } else {
                values.put(name, results.get(at++));
            }
        }
        return values;
    }

    private List<NDArray> arguments(PtNDManager scope, Map<String, Value> feed) {
        var arguments = new ArrayList<NDArray>();
        for (var input : script.inputs()) {
            var name = input.name();
            if (input.isSequence()) {
                arguments.addAll(list(scope, name, feed));
            } else if (feed.containsKey(name)) {
                arguments.add(array(scope, name, feed));
            } else {
                throw new RefusedException("INPUT_MISSING", "input '" + name + "'", "no value", "a value");
            }
        }
        return arguments;
    }

    /** The elements of a list input, fed as {@code name[0]}, {@code name[1]} …, behind one that is not read. */
    private List<NDArray> list(PtNDManager scope, String name, Map<String, Value> feed) {
        var argument =
                "x" + script.inputs().stream().map(ValueInfo::name).toList().indexOf(name);
        var elements = new ArrayList<NDArray>(List.of(TorchModule.listed(scope.create(0), argument)));
        for (int i = 0; feed.containsKey(name + "[" + i + "]"); i++) {
            elements.add(TorchModule.listed(array(scope, name + "[" + i + "]", feed), argument));
        }
        return elements;
    }

    private NDArray array(PtNDManager scope, String name, Map<String, Value> feed) {
        return TorchValues.array(scope, name, Objects.requireNonNull(feed.get(name)), options.differentiable());
    }

    @Override
    public void close() {
        module.close();
    }
}

package dev.millrace.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorFile;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator tests of ONNX itself (Debian {@code libonnx-testdata}), run on libtorch; where MILLRACE_ZOO names the zoo that
 * has them. Prints what passed, by operator, and why the rest did not.
 */
@EnabledIfEnvironmentVariable(named = "MILLRACE_ZOO", matches = ".+")
class ConformanceTest {
    /** Tolerances of ONNX's own runner. */
    private static final double RELATIVE = 1e-3;

    private static final double ABSOLUTE = 1e-7;

    /** Random numbers have no expected value, and this version of the suite cut bfloat16 where ONNX now rounds. */
    private static final List<String> UNDEFINED = List.of("bernoulli", "training_dropout", "FLOAT_to_BFLOAT16");

    @TempDir
    Path directory;

    private enum Verdict {
        EQUAL,
        REFUSED,
        WRONG
    }

    /** What no float model uses in inference, and the suite tests too. */
    private enum Outside {
        STRINGS("text is nothing to differentiate") {
            @Override
            boolean holds(Model model) {
                return declared(model).anyMatch(info -> info.type() == DataType.STRING);
            }
        },
        OPTIONAL_VALUES("whether a value is there is known when a float model is exported") {
            @Override
            boolean holds(Model model) {
                return declared(model).anyMatch(ValueInfo::isOptional)
                        || model.nodes().anyMatch(node -> node.opType().startsWith("Optional"));
            }
        },
        OPTIMIZERS("a graph that trains itself is no inference") {
            @Override
            boolean holds(Model model) {
                return model.nodes().anyMatch(node -> node.domain().equals("ai.onnx.preview.training"));
            }
        };

        private final String reason;

        Outside(String reason) {
            this.reason = reason;
        }

        abstract boolean holds(Model model);

        static Stream<ValueInfo> declared(Model model) {
            return Stream.concat(model.graph().inputs().stream(), model.graph().outputs().stream());
        }

        static Optional<Outside> of(Model model) {
            return Arrays.stream(values()).filter(each -> each.holds(model)).findFirst();
        }
    }

    private record Result(String test, Set<String> operators, Optional<Outside> outside, Verdict verdict, String why) {}

    @Test
    void equalsTheExpectedOutputs() throws IOException {
        var results = tests().map(this::run).toList();

        print(results);
        assertThat(results).hasSizeGreaterThanOrEqualTo(1057);
        assertThat(results.stream().filter(result -> result.verdict == Verdict.WRONG))
                .isEmpty();
        assertThat(results.stream()
                        .filter(result -> result.outside.isEmpty())
                        .filter(result -> result.verdict != Verdict.EQUAL))
                .isEmpty();
    }

    private static Stream<Path> tests() throws IOException {
        var root = Path.of(System.getenv("MILLRACE_ZOO"), "data", "onnx-op-tests");
        var only = System.getProperty("conformance.only", "");
        try (var files = Files.walk(root)) {
            return files
                    .filter(file ->
                            file.endsWith("model.onnx") && Files.isDirectory(file.resolveSibling("test_data_set_0")))
                    .map(Path::getParent)
                    .filter(test -> test.toString().contains(only))
                    .filter(test -> UNDEFINED.stream().noneMatch(test.toString()::contains))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private Result run(Path test) {
        var name = String.valueOf(test.getFileName());
        var operators = new TreeSet<String>();
        var outside = Optional.<Outside>empty();
        try {
            var model = Model.read(test.resolve("model.onnx"));
            outside = Outside.of(model);
            model.nodes().map(Node::opType).forEach(operators::add);
            try (var module = ScriptModule.open(model, ScriptOptions.exact(), directory, 1)) {
                var data = test.resolve("test_data_set_0");
                var feed = values(model.graph().inputs(), data, "input_");
                var expected = values(model.graph().outputs(), data, "output_");
                try (var outputs = module.run(feed)) {
                    for (var entry : expected.entrySet()) {
                        var difference = difference(entry.getValue(), outputs.get(entry.getKey()));
                        if (!difference.isEmpty()) {
                            return new Result(
                                    name, operators, outside, Verdict.WRONG, entry.getKey() + ": " + difference);
                        }
                    }
                }
            }
            return new Result(name, operators, outside, Verdict.EQUAL, "");
        } catch (RefusedException e) {
            var problem = e.problem();
            boolean byName = List.of("OPERATOR_UNSUPPORTED", "TYPE_UNSUPPORTED").contains(problem.code());
            return new Result(name, operators, outside, byName ? Verdict.REFUSED : Verdict.WRONG, problem.message());
        } catch (IOException | RuntimeException e) {
            return new Result(name, operators, outside, Verdict.WRONG, e.toString());
        }
    }

    /** Files {@code input_0.pb} … under their names; a list of tensors as {@code name[0]} …. */
    private static Map<String, Value> values(Collection<ValueInfo> infos, Path data, String prefix) throws IOException {
        var values = new LinkedHashMap<String, Value>();
        int i = 0;
        for (var info : infos) {
            var file = data.resolve(prefix + i++ + ".pb");
            if (Files.exists(file) && info.isSequence()) {
                list(file, info.name(), values);
            } else if (Files.exists(file)) {
                values.put(info.name(), value(TensorFile.read(file), info.type()));
            }
        }
        return values;
    }

    /** A SequenceProto: its third field repeats TensorProtos. */
    private static void list(Path file, String name, Map<String, Value> values) throws IOException {
        var in = CodedInputStream.newInstance(Files.readAllBytes(file));
        var element = Files.createTempFile("element", ".pb");
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == 3) {
                Files.write(element, in.readByteArray());
                var tensor = TensorFile.read(element);
                values.put(
                        name + "["
                                + values.keySet().stream()
                                        .filter(key -> key.startsWith(name + "["))
                                        .count() + "]",
                        value(tensor, tensor.type()));
            } else {
                in.skipField(tag);
            }
        }
        Files.delete(element);
    }

    /** Some files keep bfloat16 as the uint16 of the same bits. */
    private static Value value(Tensor tensor, DataType declared) {
        var type = declared == DataType.BFLOAT16 ? declared : tensor.type();
        var value = Value.zeros(type, tensor.dims());
        value.bytes().put(tensor.bytes());
        return value;
    }

    private static String difference(Value expected, Value actual) {
        if (expected.type() != actual.type() || !Arrays.equals(expected.dims(), actual.dims())) {
            return actual.describe() + " instead of " + expected.describe();
        }
        for (int i = 0; i < expected.size(); i++) {
            double a = expected.number(i);
            double b = actual.number(i);
            boolean same = Double.compare(a, b) == 0 || a == b || Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(a);
            if (!same) {
                return b + " instead of " + a + " at " + i + " of " + expected.describe();
            }
        }
        return "";
    }

    /** What is not equal, what lies outside, then for every operator in how many tests it was equal, refused, wrong. */
    private static void print(List<Result> results) {
        results.stream()
                .filter(result -> result.verdict != Verdict.EQUAL)
                .forEach(result -> System.out.printf(
                        "%-8s %-60s %s%n",
                        result.verdict,
                        result.test,
                        result.why.lines().limit(12).collect(Collectors.joining(" ~ "))));
        for (var outside : Outside.values()) {
            System.out.printf(
                    "%-16s %s: %s%n",
                    outside,
                    outside.reason,
                    verdicts(results.stream().filter(result -> result.outside.equals(Optional.of(outside)))));
        }
        var counts = new TreeMap<String, Map<Verdict, Integer>>();
        for (var result : results) {
            for (var operator : result.operators) {
                counts.computeIfAbsent(operator, name -> new EnumMap<>(Verdict.class))
                        .merge(result.verdict, 1, Integer::sum);
            }
        }
        counts.forEach((operator, count) -> System.out.printf("%-30s %s%n", operator, count));
        System.out.printf(
                "%d tests: %s, of them inside: %s%n",
                results.size(),
                verdicts(results.stream()),
                verdicts(results.stream().filter(result -> result.outside.isEmpty())));
    }

    private static Map<Verdict, Long> verdicts(Stream<Result> results) {
        return results.collect(Collectors.groupingBy(Result::verdict, TreeMap::new, Collectors.counting()));
    }
}

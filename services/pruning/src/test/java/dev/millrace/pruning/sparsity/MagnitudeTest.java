package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MagnitudeTest {
    private static final List<String> CNN_WEIGHTS = List.of("conv1.weight", "conv2.weight", "fc.weight");

    private static final Sparsify MAGNITUDE = new Sparsify(new Magnitude());

    @TempDir
    Path directory;

    private static String options(
            double sparsity, Scope scope, List<String> ignored, boolean embeddings, Format format) {
        return Json.mapper()
                .createObjectNode()
                .put("sparsity", sparsity)
                .put("scope", scope.name().toLowerCase(Locale.ROOT))
                .put("embeddings", embeddings)
                .put("format", format.name().toLowerCase(Locale.ROOT))
                .set("ignored", Json.mapper().valueToTree(ignored))
                .toString();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.5, 0.5", "0.9, 0.9", "0.999, 0.999"})
    void everyLayerHasExactlyTheSparsityAskedFor(double sparsity, double expected) throws IOException {
        var pruned = prune(TinyModels.cnn(), sparsity, Scope.LAYER);
        for (var name : CNN_WEIGHTS) {
            var weight = pruned.graph().constant(name).orElseThrow();
            assertThat(zeros(weight)).as(name).isEqualTo(Math.round(expected * weight.elements()));
        }
    }

    @ParameterizedTest
    @EnumSource(Scope.class)
    void everyScopeMeetsTheTotalExactly(Scope scope) throws IOException {
        var pruned = prune(TinyModels.cnn(), 0.7, scope);
        long zeros = 0;
        long elements = 0;
        for (var name : CNN_WEIGHTS) {
            zeros += zeros(pruned.graph().constant(name).orElseThrow());
            elements += pruned.graph().constant(name).orElseThrow().elements();
        }
        assertThat(zeros).isBetween(Math.round(0.7 * elements) - 1, Math.round(0.7 * elements) + 1);
    }

    @ParameterizedTest
    @EnumSource(value = Scope.class, mode = EnumSource.Mode.EXCLUDE, names = "ROW")
    void everyScopeRemovesTheSmallestOfEachTensor(Scope scope) throws IOException {
        var original = TinyModels.cnn();
        var pruned = prune(original, 0.6, scope);
        for (var name : CNN_WEIGHTS) {
            var before = original.graph().constant(name).orElseThrow().floats();
            var after = pruned.graph().constant(name).orElseThrow().floats();
            float largestRemoved = 0;
            float smallestKept = Float.MAX_VALUE;
            for (int i = 0; i < before.length; i++) {
                if (after[i] == 0) {
                    largestRemoved = Math.max(largestRemoved, Math.abs(before[i]));
                } else {
                    assertThat(after[i]).isEqualTo(before[i]);
                    smallestKept = Math.min(smallestKept, Math.abs(before[i]));
                }
            }
            assertThat(largestRemoved).as(name).isLessThanOrEqualTo(smallestKept);
        }
    }

    @Test
    void oneThresholdHoldsForAllTensors() throws IOException {
        var original = TinyModels.cnn();
        var pruned = prune(original, 0.5, Scope.GLOBAL);
        float largestRemoved = 0;
        float smallestKept = Float.MAX_VALUE;
        for (var name : CNN_WEIGHTS) {
            var before = original.graph().constant(name).orElseThrow().floats();
            var after = pruned.graph().constant(name).orElseThrow().floats();
            for (int i = 0; i < before.length; i++) {
                largestRemoved = after[i] == 0 ? Math.max(largestRemoved, Math.abs(before[i])) : largestRemoved;
                smallestKept = after[i] == 0 ? smallestKept : Math.min(smallestKept, Math.abs(before[i]));
            }
        }
        assertThat(largestRemoved).isLessThanOrEqualTo(smallestKept);
    }

    @Test
    void byRowEveryOutputKeepsItsLargest() throws IOException {
        var original = TinyModels.cnn();
        var pruned = prune(original, 0.5, Scope.ROW);
        var before = original.graph().constant("conv2.weight").orElseThrow().floats();
        var after = pruned.graph().constant("conv2.weight").orElseThrow().floats();
        for (int filter = 0; filter < 8; filter++) { // (8, 8, 3, 3)
            float largestRemoved = 0;
            float smallestKept = Float.MAX_VALUE;
            int zeros = 0;
            for (int i = filter * 72; i < (filter + 1) * 72; i++) {
                zeros += after[i] == 0 ? 1 : 0;
                largestRemoved = after[i] == 0 ? Math.max(largestRemoved, Math.abs(before[i])) : largestRemoved;
                smallestKept = after[i] == 0 ? smallestKept : Math.min(smallestKept, Math.abs(before[i]));
            }
            assertThat(zeros).isEqualTo(36);
            assertThat(largestRemoved).isLessThanOrEqualTo(smallestKept);
        }
    }

    @Test
    void lampNeverEmptiesALayer() throws IOException {
        var pruned = prune(TinyModels.cnn(), 0.99, Scope.LAMP);
        for (var name : CNN_WEIGHTS) {
            var weight = pruned.graph().constant(name).orElseThrow();
            assertThat(zeros(weight)).as(name).isLessThan(weight.elements());
        }
    }

    @Test
    void erkKeepsMoreOfSmallLayers() throws IOException {
        var pruned = prune(TinyModels.cnn(), 0.6, Scope.ERK);
        var large = pruned.graph().constant("conv2.weight").orElseThrow();
        var small = pruned.graph().constant("fc.weight").orElseThrow();
        assertThat(zeros(small) / (double) small.elements()).isLessThan(zeros(large) / (double) large.elements());
    }

    @Test
    void ofEqualWeightsTheFirstGo() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 4);
        m.initializer(Tensor.floats("w", new float[] {2, -1, 1, 1, 1, 2, -1, 3}, 4, 2));
        m.output(m.node("MatMul", List.of("x", "w")), DataType.FLOAT, 1, 2);
        var pruned = prune(m.build(), 0.5, Scope.LAYER);
        assertThat(pruned.graph().constant("w").orElseThrow().floats()).containsExactly(2, 0, 0, 0, 0, 2, -1, 3);
    }

    @Test
    void biasesAndNormalizationsStayBitForBit() throws IOException {
        var original = TinyModels.cnn();
        var pruned = prune(original, 0.9, Scope.LAYER);
        for (var name : List.of("conv2.bias", "bn.scale", "bn.bias", "bn.mean", "bn.var", "fc.bias")) {
            assertThat(pruned.graph().constant(name))
                    .as(name)
                    .isEqualTo(original.graph().constant(name));
        }
    }

    @Test
    void weightsInBranchesAndConstantNodesArePruned() throws IOException {
        var pruned = prune(TinyModels.branches(), 0.5, Scope.LAYER);
        assertThat(zeros(pruned.graph().constant("outer.weight").orElseThrow())).isEqualTo(8);
        assertThat(pruned.graph().graphs().skip(1).map(MagnitudeTest::zerosOfOnlyInitializer))
                .containsExactly(8L, 8L);
    }

    private static long zerosOfOnlyInitializer(Graph branch) {
        return zeros(branch.initializers().iterator().next());
    }

    @Test
    void ignoredLayersStayBitForBit() throws IOException {
        var original = TinyModels.cnn();
        var attempt = Attempt.of(directory, original);
        var options = options(0.5, Scope.LAYER, List.of("conv1", "fc.*"), false, Format.DENSE);
        var pruned = Attempt.model(attempt.run(MAGNITUDE, options));
        assertThat(pruned.graph().constant("conv1.weight"))
                .isEqualTo(original.graph().constant("conv1.weight"));
        assertThat(pruned.graph().constant("fc.weight"))
                .isEqualTo(original.graph().constant("fc.weight"));
        assertThat(pruned.graph().constant("conv2.weight"))
                .isNotEqualTo(original.graph().constant("conv2.weight"));
    }

    @Test
    void aPatternThatMatchesNothingIsRefused() throws IOException {
        var attempt = Attempt.of(directory, TinyModels.cnn());
        var options = options(0.5, Scope.LAYER, List.of("conv9"), false, Format.DENSE);
        assertThatThrownBy(() -> attempt.run(MAGNITUDE, options))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_MATCHES")
                .hasMessageContaining("conv9");
    }

    @Test
    void aTableThatGatherReadsTooIsLeftAloneUnlessAskedFor() throws IOException {
        var m = new ModelBuilder(17);
        m.input("ids", DataType.INT64, 3);
        m.normal("table", 10, 4);
        var embedded = m.node("Gather", List.of("table", "ids"));
        var head = m.node(Node.of("Transpose", "t", List.of("table"), List.of("head")));
        var hidden = m.node("MatMul", List.of(embedded, m.normal("w", 4, 4)));
        m.output(m.node("MatMul", List.of(hidden, head)), DataType.FLOAT, 3, 10);
        var model = m.build();

        assertThat(prune(model, 0.5, Scope.LAYER).graph().constant("table"))
                .isEqualTo(model.graph().constant("table"));
        var attempt = Attempt.of(directory, model);
        var options = options(0.5, Scope.LAYER, List.of(), true, Format.DENSE);
        var pruned = Attempt.model(attempt.run(MAGNITUDE, options));
        assertThat(zeros(pruned.graph().constant("table").orElseThrow())).isEqualTo(20);
    }

    @Test
    void sparseStorageHoldsTheSameWeightsInLessSpace() throws IOException {
        var attempt = Attempt.of(directory, TinyModels.mlp());
        var dense = Attempt.model(attempt.run(MAGNITUDE, options(0.9, Scope.LAYER, List.of(), false, Format.DENSE)));
        var result = attempt.run(MAGNITUDE, options(0.9, Scope.LAYER, List.of(), false, Format.SPARSE));
        var sparse = Attempt.model(result);

        assertThat(sparse.graph().sparseInitializers()).hasSize(2);
        assertThat(sparse.graph().constant("fc1.weight"))
                .isEqualTo(dense.graph().constant("fc1.weight"));
        assertThat(Attempt.reported(result, "sizeBytes").asLong())
                .isLessThan(Attempt.reported(result, "originalSizeBytes").asLong());
    }

    @Test
    void weightsThatOldFilesListAsInputsArePrunedAndStayDense() throws IOException {
        var model = TinyModels.mlp();
        model.graph().addInput(ValueInfo.tensor("fc1.weight", DataType.FLOAT, 32, 16));
        var result =
                Attempt.of(directory, model).run(MAGNITUDE, options(0.9, Scope.LAYER, List.of(), false, Format.SPARSE));
        assertThat(zeros(Attempt.model(result).graph().initializer("fc1.weight").orElseThrow()))
                .isEqualTo(Math.round(0.9 * 32 * 16));
    }

    @Test
    void aFileThatDoesNotShrinkIsSaidToBeSo() throws IOException {
        var attempt = Attempt.of(directory, TinyModels.mlp());
        var result = attempt.run(MAGNITUDE, options(0.5, Scope.LAYER, List.of(), false, Format.SPARSE));
        assertThat(Attempt.reported(result, "notes").toString()).contains("not smaller");
        assertThat(Attempt.reported(result, "compressedBytes").asLong()).isPositive();
        assertThat(Attempt.reported(result, "sparsity").asDouble()).isEqualTo(0.5);
    }

    @Test
    void aModelWithoutWeightsIsRefused() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 2);
        m.output(m.node("Relu", List.of("x")), DataType.FLOAT, 2);
        var attempt = Attempt.of(directory, m.build());
        var options = options(0.5, Scope.LAYER, List.of(), false, Format.DENSE);
        assertThatThrownBy(() -> attempt.run(MAGNITUDE, options))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_PRUNE");
    }

    private Model prune(Model model, double sparsity, Scope scope) throws IOException {
        var options = options(sparsity, scope, List.of(), false, Format.DENSE);
        return Attempt.model(Attempt.of(directory, model).run(MAGNITUDE, options));
    }

    private static long zeros(Tensor tensor) {
        var values = tensor.floats();
        return Arrays.stream(java.util.stream.IntStream.range(0, values.length).toArray())
                .filter(i -> values[i] == 0)
                .count();
    }
}

package dev.millrace.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.AutoBudget;
import dev.millrace.message.Catalogue;
import dev.millrace.message.Choice;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.DataReference;
import dev.millrace.message.Minimise;
import dev.millrace.message.Objective;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RecipeSpaceTest {
    private static final Set<String> ALL_STAGES =
            Set.of("pruning", "factorization", "distillation", "quantization", "compilation", "evaluation");

    @Test
    void partsComeInTheOrderInWhichTheyRun() {
        assertThat(plan(Minimise.LATENCY, "training", "calibration", "evaluation")
                        .choices())
                .extracting(Choice::name)
                .containsExactly("simplify", "prune", "factorize", "decompose", "distill", "quantize", "compile");
    }

    @Test
    void whatCannotLowerTheFigureIsNotTried() {
        var macs = plan(Minimise.MACS, "training", "calibration", "evaluation");
        var bytes = plan(Minimise.BYTES, "training", "calibration", "evaluation");

        assertThat(macs.choices())
                .extracting(Choice::name)
                .containsExactly("prune", "factorize", "decompose", "distill");
        assertThat(techniques(bytes)).contains("cluster", "weight-only", "qat").doesNotContain("onnx-runtime");
        assertThat(techniques(plan(Minimise.LATENCY, "evaluation"))).doesNotContain("cluster", "weight-only");
    }

    @Test
    void whatLacksItsDataIsNotTried() {
        assertThat(techniques(plan(Minimise.BYTES, "evaluation")))
                .contains("svd", "tucker2", "dynamic-int8", "float16")
                .doesNotContain("structured", "static-int8", "qat", "distill");
    }

    @Test
    void aLayerIsFactorizedInOneWay() {
        var decompose = plan(Minimise.BYTES, "evaluation").choices().stream()
                .filter(choice -> choice.name().equals("decompose"))
                .findFirst()
                .orElseThrow();

        assertThat(decompose.onlyIf()).isNotNull().satisfies(condition -> {
            assertThat(condition.choice()).isEqualTo("factorize");
            assertThat(condition.values()).extracting(Object::toString).containsExactly("\"none\"");
        });
    }

    @Test
    void aCatalogueWithoutAnyOfThemLeavesNothingToSearch() {
        assertThatThrownBy(() ->
                        RecipeSpace.plan(request(Minimise.BYTES), budget(), Catalogue.EMPTY, Set.of("evaluation")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_SEARCH");
    }

    private static List<String> techniques(SearchPlan plan) {
        return plan.choices().stream()
                .flatMap(choice -> choice.values().stream())
                .filter(value -> value.isObject())
                .map(value -> value.path("technique").asText())
                .toList();
    }

    private static SearchPlan plan(Minimise minimise, String... roles) {
        return RecipeSpace.plan(request(minimise, roles), budget(), Catalogue.EMPTY, ALL_STAGES);
    }

    private static AutoBudget budget() {
        return new AutoBudget(12, null);
    }

    private static CompressionRequested request(Minimise minimise, String... roles) {
        var data = new TreeMap<String, DataReference>();
        Stream.of(roles).forEach(role -> data.put(role, new DataReference("file:/" + role, null, Map.of())));
        return new CompressionRequested(
                Jobs.ORIGINAL,
                data,
                List.<StageStep>of(),
                budget(),
                new Objective(null, 0.01, minimise),
                0,
                null,
                null);
    }
}

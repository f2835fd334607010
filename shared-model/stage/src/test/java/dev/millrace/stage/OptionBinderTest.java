package dev.millrace.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.assertj.core.groups.Tuple.tuple;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.message.Json;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.TechniqueDescription;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ObjectAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OptionBinderTest {
    enum Scope {
        GLOBAL,
        PER_LAYER
    }

    record Options(
            @Option(value = "Share of weights to remove.", allowed = "0 ≤ sparsity < 1")
            double sparsity,

            @Option(value = "What is ranked together.", defaultValue = "\"global\"")
            Scope scope,

            @Option(value = "Tensors to leave alone.", defaultValue = "[]")
            List<String> ignored,

            @Option(value = "Sparsity by tensor.", defaultValue = "{}")
            Map<String, Double> sparsities,

            @Option(value = "Block.", defaultValue = "null") @Nullable
            Integer block) {
        Options {
            if (!(sparsity >= 0 && sparsity < 1)) {
                throw new IllegalArgumentException("sparsity is " + sparsity);
            }
        }
    }

    @Test
    void takesDefaultsForWhatIsNotGiven() {
        assertThat(bind("{'sparsity': 0.5}")).isEqualTo(new Options(0.5, Scope.GLOBAL, List.of(), Map.of(), null));
    }

    @Test
    void bindsWhatItSpelledToTheSameOptions() {
        var options = new Options(0.25, Scope.PER_LAYER, List.of("a"), Map.of("w", 0.9), null);

        var spelled = OptionBinder.spelled(options);

        assertThat(spelled).doesNotContainKey("block");
        assertThat(OptionBinder.bind("test", Options.class, spelled)).isEqualTo(options);
    }

    @Test
    void bindsEveryKindOfOption() {
        assertThat(
                        bind(
                                "{'sparsity': 0, 'scope': 'perLayer', 'ignored': ['a', 'b'], 'sparsities': {'w': 0.9}, 'block': 4}"))
                .isEqualTo(new Options(0, Scope.PER_LAYER, List.of("a", "b"), Map.of("w", 0.9), 4));
    }

    @Test
    void takesASingleValueForAListOfOneAndNullForTheDefault() {
        assertThat(bind("{'sparsity': 0.5, 'ignored': 'head', 'scope': null}"))
                .isEqualTo(new Options(0.5, Scope.GLOBAL, List.of("head"), Map.of(), null));
    }

    @Test
    void refusesAnUnknownOptionAndNamesTheNearest() {
        assertRefusal("{'sparsty': 0.5}")
                .isEqualTo(new Problem(
                        "UNKNOWN_OPTION",
                        "pruning:magnitude",
                        "sparsty",
                        "did you mean 'sparsity'? known: block, ignored, scope, sparsities, sparsity"));
    }

    @Test
    void refusesAWrongTypeAndSaysWhatIsAllowed() {
        assertRefusal("{'sparsity': 'half'}")
                .isEqualTo(new Problem(
                        "BAD_OPTION", "pruning:magnitude, option sparsity", "\"half\"", "number, 0 ≤ sparsity < 1"));
        assertRefusal("{'sparsity': 0.5, 'scope': 'layer'}")
                .extracting(Problem::allowed)
                .isEqualTo("global|perLayer");
        assertRefusal("{'sparsity': 0.5, 'block': 1.5}")
                .extracting(Problem::found)
                .isEqualTo("1.5");
        assertRefusal("{'sparsity': 0.5, 'ignored': [1]}")
                .extracting(Problem::allowed)
                .isEqualTo("strings");
    }

    @Test
    void refusesAMissingOption() {
        assertRefusal("{}").extracting(Problem::code, Problem::found).containsExactly("BAD_OPTION", "nothing");
    }

    @Test
    void turnsWhatTheRecordRejectsIntoARefusalThatNamesTheOption() {
        assertRefusal("{'sparsity': 1.5}")
                .isEqualTo(new Problem(
                        "BAD_OPTION", "pruning:magnitude, option sparsity", "sparsity is 1.5", "0 ≤ sparsity < 1"));
    }

    @Test
    void describesOptionsForTheCatalogue() {
        assertThat(OptionBinder.describe(Options.class))
                .extracting(TechniqueDescription.Option::name, TechniqueDescription.Option::type)
                .containsExactly(
                        tuple("sparsity", "number"),
                        tuple("scope", "global|perLayer"),
                        tuple("ignored", "strings"),
                        tuple("sparsities", "object"),
                        tuple("block", "integer"));
        assertThat(OptionBinder.describe(Options.class).get(0).defaultValue()).isNull();
    }

    /** Options that techniques share. */
    record Length(
            @Option(value = "Passes.", defaultValue = "10", allowed = "above 0")
            int epochs,

            @Option(value = "Rate.", defaultValue = "0.1") double rate) {
        Length {
            if (epochs <= 0) {
                throw new IllegalArgumentException("epochs is " + epochs);
            }
        }
    }

    record Training(
            @Option(value = "Teacher.", defaultValue = "\"none\"")
            String teacher,

            Length length) {}

    @Test
    void takesTheOptionsOfAGroupLikeItsOwn() {
        assertThat(OptionBinder.bind("x:y", Training.class, Map.of("epochs", IntNode.valueOf(3))))
                .isEqualTo(new Training("none", new Length(3, 0.1)));
        assertThat(OptionBinder.describe(Training.class))
                .extracting(TechniqueDescription.Option::name)
                .containsExactly("teacher", "epochs", "rate");
        assertThatThrownBy(() -> OptionBinder.bind("x:y", Training.class, Map.of("epochs", IntNode.valueOf(0))))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.problem())
                                .isEqualTo(new Problem("BAD_OPTION", "x:y, option epochs", "epochs is 0", "above 0")));
        assertThatThrownBy(() -> OptionBinder.bind("x:y", Training.class, Map.of("length", IntNode.valueOf(1))))
                .hasMessageContaining("known: epochs, rate, teacher");
    }

    private static ObjectAssert<Problem> assertRefusal(String options) {
        var thrown = assertThatThrownBy(() -> bind(options)).asInstanceOf(type(RefusedException.class));
        return thrown.extracting(RefusedException::problem, type(Problem.class));
    }

    private static Options bind(String json) {
        try {
            var given = Json.mapper().readValue(json.replace('\'', '"'), new TypeReference<Map<String, JsonNode>>() {});
            return OptionBinder.bind("pruning:magnitude", Options.class, given);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}

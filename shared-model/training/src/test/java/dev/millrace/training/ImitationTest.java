package dev.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Loss;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ImitationTest {
    private static final Imitation DEFAULT = new Imitation(Imitation.Soft.AUTO, null, null);

    @Test
    void outputsCountAlikeWhateverTheyAreMeasuredIn() {
        var heads = List.of(plain("small"), plain("large"));
        var sample = answers(Map.of(
                "teacher of small", Value.of(new float[] {-0.1f, 0.1f, 0.1f, -0.1f}, 2, 2),
                "teacher of large", Value.of(new float[] {40, 60, 60, 40}, 2, 2)));

        var terms = DEFAULT.terms(heads, Optional.empty(), sample);

        assertThat(terms.get(0).weight()).isCloseTo(0.5 / 0.01, within(1e-4));
        assertThat(terms.get(1).weight()).isCloseTo(0.5 / 100, within(1e-9));
    }

    @Test
    void whatFollowsFromAnotherOutputCountsATenth() {
        var heads = List.of(plain("tokens"), new Head("pooled", "pooled", Head.Kind.PLAIN, true));
        var values = Value.of(new float[] {-1, 1, 1, -1}, 2, 2);

        var terms = DEFAULT.terms(
                heads, Optional.empty(), answers(Map.of("teacher of tokens", values, "teacher of pooled", values)));

        assertThat(terms.get(0).weight()).isCloseTo(1 / 1.1, within(1e-9));
        assertThat(terms.get(1).weight()).isCloseTo(0.1 / 1.1, within(1e-9));
    }

    @Test
    void answersThatDoNotVaryCountAsTheyAre() {
        var sample = answers(Map.of("teacher of y", Value.of(new float[] {3, 3}, 2, 1)));

        assertThat(DEFAULT.terms(List.of(plain("y")), Optional.empty(), sample))
                .singleElement()
                .satisfies(term -> assertThat(term.weight()).isEqualTo(1));
    }

    @Test
    void theLossOfClassesHasNoUnit() {
        var sample = answers(Map.of("teacher of y", Value.of(new float[] {0, 9, 9, 0}, 2, 2)));
        var imitation = new Imitation(Imitation.Soft.SOFT_TARGETS, 2.0, null);

        assertThat(imitation.terms(List.of(plain("y")), Optional.empty(), sample))
                .singleElement()
                .satisfies(term -> {
                    assertThat(term.weight()).isEqualTo(1);
                    assertThat(term.loss()).isEqualTo(new Loss.SoftTargets("y", "teacher of y", 2));
                });
    }

    private static Head plain(String output) {
        return new Head(output, output, Head.Kind.PLAIN, false);
    }

    private static Batch answers(Map<String, Value> targets) {
        return new Batch(Map.of(), 2, null, 1, targets, "a test");
    }
}

package dev.millrace.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SpaceTest {
    private static final Choice DEPTH = Spaces.width("depth", 3);
    private static final Choice SECOND = new Choice(
            "second",
            List.of(TextNode.valueOf("wide"), TextNode.valueOf("narrow")),
            false,
            new Choice.Condition("depth", List.of(IntNode.valueOf(2))));

    @Test
    void aChoiceExistsOnlyWhereItsConditionHolds() {
        var space = new Space(List.of(DEPTH, SECOND));
        var random = new SplittableRandom(1);

        for (int i = 0; i < 100; i++) {
            var values = space.values(space.mutated(space.random(random), random));
            assertThat(values.containsKey("second")).isEqualTo(Spaces.number(values, "depth") == 2);
        }
    }

    @Test
    void valuesAndPointsAreTheSameThing() {
        var space = new Space(List.of(DEPTH, SECOND));
        var random = new SplittableRandom(2);

        for (int i = 0; i < 100; i++) {
            int[] point = space.random(random);
            assertThat(space.point(space.values(point))).isEqualTo(point);
        }
        assertThat(space.point(Map.of("depth", LongNode.valueOf(1)))).containsExactly(1, Space.ABSENT);
    }

    @Test
    void aMutationChangesOneChoice() {
        var random = new SplittableRandom(3);
        for (int i = 0; i < 100; i++) {
            int[] point = Spaces.BOWL.random(random);
            int[] mutated = Spaces.BOWL.mutated(point, random);
            int changed = 0;
            for (int c = 0; c < point.length; c++) {
                changed += point[c] != mutated[c] ? 1 : 0;
            }
            assertThat(changed).isEqualTo(1);
        }
    }

    @Test
    void findsTheOneValidPointOfMany() {
        var space = new Space(
                List.of(Spaces.width("a", 40), Spaces.width("b", 40)),
                values -> Spaces.number(values, "a") == 39 && Spaces.number(values, "b") == 38);

        assertThat(new RandomSearch().next(new History(space, goals(), 0, new ArrayList<>())))
                .map(Proposal::values)
                .contains(Map.of("a", IntNode.valueOf(39), "b", IntNode.valueOf(38)));
    }

    @Test
    void whatIsNoSpaceIsRefusedWithWhereFoundAndAllowed() {
        refuses(List.of(), "choices");
        refuses(List.of(DEPTH, DEPTH), "'depth' twice");
        refuses(List.of(new Choice("empty", List.of(), false, null)), "no value");
        refuses(List.of(new Choice("w", List.of(IntNode.valueOf(1), IntNode.valueOf(1)), true, null)), "1 twice");
        refuses(List.of(SECOND, DEPTH), "an earlier choice");
        refuses(
                List.of(
                        DEPTH,
                        new Choice(
                                "x",
                                List.of(IntNode.valueOf(1)),
                                false,
                                new Choice.Condition("depth", List.of(IntNode.valueOf(7))))),
                "a value of 'depth'");
    }

    @Test
    void goalsThatContradictThemselvesAreRefused() {
        assertThatThrownBy(() -> new Goals(List.of())).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> new Goals(List.of(new Goal("a", true, null), new Goal("a", false, null))))
                .hasMessageContaining("'a' twice");
        assertThatThrownBy(() -> new Goals(List.of(new Goal("a", true, Double.NaN))))
                .hasMessageContaining("NaN");
    }

    private static Goals goals() {
        return new Goals(List.of(new Goal("loss", false, null)));
    }

    private static void refuses(List<Choice> choices, String told) {
        assertThatThrownBy(() -> new Space(choices))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining(told);
    }
}

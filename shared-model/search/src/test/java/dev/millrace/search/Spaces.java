package dev.millrace.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Synthetic spaces whose best point is known, and a loop that plays a search on them. */
final class Spaces {
    /** Eight ordered choices of 0..7 and four kinds: the loss is 0 at 5, 2, 5, 2 … and kind c everywhere. */
    static final Space BOWL = new Space(Stream.concat(
                    IntStream.range(0, 8).mapToObj(i -> width("w" + i, 8)),
                    IntStream.range(0, 4).mapToObj(i -> kind("k" + i)))
            .toList());

    static final Goals LOSS = new Goals(List.of(new Goal("loss", false, null)));

    /** Two figures that pull apart: small widths cost less, large ones are worth more. */
    static final Goals VALUE_AND_COST =
            new Goals(List.of(new Goal("value", true, null), new Goal("cost", false, null)));

    private Spaces() {}

    static Choice width(String name, int count) {
        return new Choice(
                name,
                IntStream.range(0, count).<JsonNode>mapToObj(IntNode::valueOf).toList(),
                true,
                null);
    }

    static Choice kind(String name) {
        return new Choice(
                name,
                Stream.of("a", "b", "c", "d").<JsonNode>map(TextNode::valueOf).toList(),
                false,
                null);
    }

    static Map<String, Double> bowl(Map<String, JsonNode> values) {
        double loss = 0;
        for (int i = 0; i < 8; i++) {
            loss += Math.pow(number(values, "w" + i) - (i % 2 == 0 ? 5 : 2), 2);
        }
        for (int i = 0; i < 4; i++) {
            loss += "c".equals(text(values, "k" + i)) ? 0 : 8;
        }
        return Map.of("loss", loss);
    }

    /** Value has falling returns, each kind but c wastes some of it. */
    static Map<String, Double> valueAndCost(Map<String, JsonNode> values) {
        double value = 0;
        double cost = 0;
        for (int i = 0; i < 8; i++) {
            double width = number(values, "w" + i);
            value += Math.sqrt(width) * (1 + i % 3);
            cost += width * (1 + i % 2);
        }
        for (int i = 0; i < 4; i++) {
            value -= "c".equals(text(values, "k" + i)) ? 0 : 3;
        }
        return Map.of("value", value, "cost", cost);
    }

    static int number(Map<String, JsonNode> values, String name) {
        return Objects.requireNonNull(values.get(name)).intValue();
    }

    static double figure(Trial trial, String name) {
        return Objects.requireNonNull(trial.figures().get(name));
    }

    private static String text(Map<String, JsonNode> values, String name) {
        return Objects.requireNonNull(values.get(name)).textValue();
    }

    /** Plays a search, one trial after the other. */
    static List<Trial> play(
            Strategy strategy,
            Space space,
            Goals goals,
            long seed,
            int count,
            Function<Proposal, Map<String, Double>> measure) {
        var trials = new ArrayList<Trial>();
        while (trials.size() < count) {
            var proposal = strategy.next(new History(space, goals, seed, trials));
            if (proposal.isEmpty()) {
                break;
            }
            trials.add(new Trial(
                            trials.size(),
                            proposal.get().values(),
                            proposal.get().rung())
                    .done(measure.apply(proposal.get())));
        }
        return trials;
    }
}

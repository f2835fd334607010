package dev.millrace.pruning;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/** How much the answers of a model change where one of its groups alone is cut. Cost: one run of the samples for each group. */
final class Sensitivity {
    /** A change of the answers that is none. */
    private static final double NOTHING = 1e-10;

    private Sensitivity() {}

    /**
     * The same candidates, each weighed so that half of its channels are worth what losing them costs. Where that half costs
     * nothing, it is worth nothing, and the other half is weighed as those of other candidates are on average.
     *
     * @param errors takes the change of the answers, in the order of the candidates
     */
    static List<Candidate> weighed(List<Candidate> candidates, Subject subject, Observation seen, List<Double> errors)
            throws IOException {
        var answers = new Answers(subject);
        for (var each : candidates) {
            subject.context().progress(0.4 * errors.size() / candidates.size(), "trying layer by layer");
            int half = half(each);
            errors.add(half == each.size() ? 0 : answers.error(cut(each, half, subject, seen)));
        }
        double average = IntStream.range(0, candidates.size())
                .filter(i -> errors.get(i) > NOTHING)
                .mapToDouble(i -> factor(candidates.get(i), errors.get(i)))
                .average()
                .orElse(1);
        return IntStream.range(0, candidates.size())
                .mapToObj(i -> {
                    var each = candidates.get(i);
                    return errors.get(i) > NOTHING
                            ? each.weighed(factor(each, errors.get(i)))
                            : each.weighed(average).worthless(half(each));
                })
                .toList();
    }

    private static int half(Candidate candidate) {
        return candidate.width(candidate.size() / 2);
    }

    private static double factor(Candidate candidate, double error) {
        double worth = candidate.worth(candidate.size(), half(candidate));
        return worth > 0 ? error / worth : 1;
    }

    private static Model cut(Candidate candidate, int width, Subject subject, Observation seen) {
        var model = subject.model().copy();
        var cut = new Cut();
        cut.remove(candidate.group(), candidate.removed(width));
        Slicer.apply(model, seen.copy(), cut);
        return model;
    }
}

package dev.millrace.pruning.structured;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How much the answers of a model change where one of its groups alone is cut, or cut and what reads it fitted. Cost: a run of the
 * samples for each group, two more and a factorization for each layer that is fitted.
 */
final class Sensitivity {
    /** A change of the answers that is none. */
    private static final double NOTHING = 1e-10;

    /** Rows that tell layers apart; fitting what is left in the end may want more. */
    private static final int ROWS = 256;

    private Sensitivity() {}

    /**
     * The same candidates, each weighed so that half of its channels are worth what losing them costs. Where that half costs
     * nothing, it is worth nothing, and the other half is weighed as those of other candidates are on average.
     *
     * @param fits whether what reads the group is fitted before the answers are looked at
     * @param errors takes the change of the answers, in the order of the candidates
     */
    static List<Candidate> weighed(
            List<Candidate> candidates, Subject subject, Observation seen, boolean fits, List<Double> errors)
            throws IOException {
        var answers = new Answers(subject.by(ROWS));
        double share = 0.4 / candidates.size();
        for (var each : candidates) {
            double done = errors.size() * share;
            subject.context().progress(done, "trying layer by layer");
            var part = subject.by(ROWS).during(subject.context().part(done, done + share));
            int half = half(each);
            errors.add(half == each.size() ? 0 : answers.error(cut(each, half, part, seen, fits)));
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

    private static Model cut(Candidate candidate, int width, Subject subject, Observation seen, boolean fits)
            throws IOException {
        var model = subject.model().copy();
        var cut = new Cut();
        cut.remove(candidate.group(), candidate.removed(width));
        Slicer.apply(model, seen.copy(), cut);
        if (fits) {
            Reconstruction.fitReaders(subject, seen, cut, model);
        }
        return model;
    }
}

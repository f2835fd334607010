package dev.millrace.engine.train;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;

/** What training makes small: a weighted sum of losses. */
public record Objective(List<Term> terms) {
    /** A loss and its weight. */
    public record Term(double weight, Loss loss) {}

    public Objective {
        terms = List.copyOf(terms);
        if (terms.isEmpty()) {
            throw new IllegalArgumentException("no loss to train by");
        }
    }

    public static Objective of(Loss loss) {
        return new Objective(List.of(new Term(1, loss)));
    }

    public static Objective of(Term... terms) {
        return new Objective(Arrays.asList(terms));
    }

    /** A teacher's softened probabilities mixed with the labels: {@code hard·CE + (1 − hard)·KL_T}. */
    public static Objective distillation(String logits, String teacherLogits, double temperature, double hard) {
        var soft = new Loss.SoftTargets(logits, teacherLogits, temperature);
        return hard == 0 ? of(soft) : of(new Term(1 - hard, soft), new Term(hard, new Loss.CrossEntropy(logits, 0)));
    }

    /** Values of the graph that the losses read, each once, in order. */
    public List<String> values() {
        var values = new LinkedHashSet<String>();
        terms.forEach(term -> values.add(term.loss().value()));
        return List.copyOf(values);
    }

    /** Targets that the losses compare with, each once, in order. */
    public List<String> targets() {
        var targets = new LinkedHashSet<String>();
        terms.stream()
                .map(term -> term.loss().target())
                .filter(name -> !name.isEmpty())
                .forEach(targets::add);
        return List.copyOf(targets);
    }
}

package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;

/** The architectures of a mixture, those with the largest product of shares first. */
final class Likeliest implements Iterator<Map<String, JsonNode>> {
    /** The rank of each choice's value by share. */
    private record Ranks(List<Integer> ranks, double logarithm) {}

    private final Mixture mixture;
    private final Map<String, List<Double>> shares;
    private final PriorityQueue<Ranks> open =
            new PriorityQueue<>((a, b) -> Double.compare(b.logarithm(), a.logarithm()));
    private final Set<List<Integer>> seen = new HashSet<>();

    Likeliest(Mixture mixture, Map<String, List<Double>> shares) {
        this.mixture = mixture;
        this.shares = shares;
        add(Collections.nCopies(mixture.choices().size(), 0));
    }

    private void add(List<Integer> ranks) {
        if (seen.add(ranks)) {
            double logarithm = 0;
            for (int i = 0; i < ranks.size(); i++) {
                var own = own(i);
                logarithm += Math.log(own.get(Mixture.byShare(own).get(ranks.get(i))));
            }
            open.add(new Ranks(ranks, logarithm));
        }
    }

    private List<Double> own(int choice) {
        return Objects.requireNonNull(shares.get(mixture.choices().get(choice).name()));
    }

    @Override
    public boolean hasNext() {
        return !open.isEmpty();
    }

    /** Where the likeliest left differs only in choices that do not exist there, the same values come again. */
    @Override
    public Map<String, JsonNode> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        var next = open.remove().ranks();
        for (int i = 0; i < next.size(); i++) {
            if (next.get(i) + 1 < own(i).size()) {
                var further = new ArrayList<>(next);
                further.set(i, next.get(i) + 1);
                add(List.copyOf(further));
            }
        }
        return mixture.values(next, shares);
    }
}

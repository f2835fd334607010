package dev.millrace.factorization.coding;

import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/**
 * Dictionary learning with sparse codes: each run of {@code length} weights is a sum of {@code nonZeros} atoms, {@code min
 * ‖W − C·D‖²} with so many non-zeros in each row of {@code C}; rows that layers use more count more. Codes by orthogonal matching pursuit (Pati et al., 1993), the
 * dictionary by the method of optimal directions (Engan et al., 1999), by turns. Factors are rounded to 8 bits. Training
 * moves the atoms.
 *
 * <p>A weight takes {@code 16 · nonZeros / length} bits with 256 atoms, and the dictionary. Cost: 15 turns over 256 runs for
 * each atom, then {@code atoms · nonZeros} multiply-accumulates for each weight.
 */
public final class SparseCoding implements Technique<SparseCoding.Options> {
    record Options(
            @Option(value = "Weights side by side that make a vector.", defaultValue = "16", allowed = "2..64")
            int length,

            @Option(value = "Vectors of a dictionary.", defaultValue = "256", allowed = "2..256")
            int atoms,

            @Option(
                    value = "Atoms that a vector is the sum of.",
                    defaultValue = "4",
                    allowed = "1..8, at most atoms and length")
            int nonZeros,

            CodingOptions coding) {
        Options {
            if (length < 2 || length > 64) {
                throw new IllegalArgumentException("length=" + length);
            }
            if (atoms < 2 || atoms > 256) {
                throw new IllegalArgumentException("atoms=" + atoms);
            }
            if (nonZeros < 1 || nonZeros > 8 || nonZeros > atoms || nonZeros > length) {
                throw new IllegalArgumentException("nonZeros=" + nonZeros);
            }
        }
    }

    @Override
    public String name() {
        return "dictionary";
    }

    @Override
    public String summary() {
        return "Replaces runs of weights by sums of a few atoms of a dictionary.";
    }

    @Override
    public String useWhen() {
        return "A weight should take 2 to 4 bits and its runs are alike, as kernels of convolutions are.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return true; // it is timed
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        try (var vectors = Vectors.open(context)) {
            return new CodingRun(options.coding(), context).run(Coding.each((weight, evidence) -> {
                var values = weight.tensor().floats();
                var runs = new Vectors.Runs(options.length(), values, evidence.importance(weight));
                int count = Math.min(options.nonZeros(), runs.count());
                return vectors.sparse(runs, values.length, options.atoms(), count);
            }));
        }
    }
}

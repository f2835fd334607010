package dev.millrace.engine.train;

import java.io.IOException;
import java.util.List;

/** What changes a model between the steps of its training: masks that grow, weights that are set back. */
public interface Revisions {
    /** Fractions of the run, ascending from 0 to below 1; a revision comes before the first step at or behind its own. */
    List<Double> at();

    /** Whether every revision lets the learning rate start its course anew. */
    boolean restartsRate();

    /** Whether they ask for {@link Trainer#movement}. */
    default boolean addsUpMovement() {
        return false;
    }

    /**
     * Changes the model: {@link Trainer#store}, an edit of the weights, {@link Trainer#load}. It may depend on the
     * trainer, the number and what never changes, so that a continued run does the same.
     *
     * @param number from 0
     */
    void revise(int number, Trainer trainer) throws IOException;

    /** A model that only training changes. */
    static Revisions none() {
        return new Revisions() {
            @Override
            public List<Double> at() {
                return List.of();
            }

            @Override
            public boolean restartsRate() {
                return false;
            }

            @Override
            public void revise(int number, Trainer trainer) {
                throw new IllegalStateException("there is no revision " + number);
            }
        };
    }

    /**
     * The fraction of the learning rate's course that is behind.
     *
     * @param done fraction of the run, 0..1
     * @param revised revisions that are done
     */
    default double progress(double done, int revised) {
        if (!restartsRate()) {
            return done;
        }
        double from = revised == 0 ? 0 : at().get(revised - 1);
        double to = revised < at().size() ? at().get(revised) : 1;
        return (done - from) / (to - from);
    }
}

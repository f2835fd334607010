package dev.millrace.stage;

import java.io.IOException;
import java.util.List;

/**
 * One way to make a model smaller, or to measure one.
 *
 * @param <O> its options: a record whose components carry {@link Option} and whose compact constructor validates
 */
public interface Technique<O extends Record> {
    /** Name in recipes, {@code "magnitude"}. */
    String name();

    /** What it does, one sentence. */
    String summary();

    /** When to use it, one sentence. */
    String useWhen();

    /** Roles of data that it cannot do without. */
    default List<String> data() {
        return List.of();
    }

    Class<O> options();

    /**
     * Whether a result belongs to the kind of machine that it is made on ({@link Machine}), because time is measured or the
     * model is made for that processor. A stored one then answers only where the machine, the threads and the name of the
     * request's target are the same; that of any other technique answers everywhere.
     */
    default boolean belongsToMachine(O options) {
        return false;
    }

    /**
     * Does the work.
     *
     * @throws dev.millrace.message.RefusedException if the model, data or options cannot be worked on
     * @throws IOException if reading or writing fails; the attempt fails and may be tried again
     */
    StageResult run(O options, StageContext context) throws IOException;
}

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
     * Whether a stored result may answer the same task of another job. False for what measures time: it answers only when
     * the very same task is delivered again.
     */
    default boolean cacheable() {
        return true;
    }

    /**
     * Does the work.
     *
     * @throws dev.millrace.message.RefusedException if the model, data or options cannot be worked on
     * @throws IOException if reading or writing fails; the attempt fails and may be tried again
     */
    StageResult run(O options, StageContext context) throws IOException;
}

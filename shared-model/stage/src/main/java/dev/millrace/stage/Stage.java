package dev.millrace.stage;

import java.util.List;

/** A stage service's work: its name and its techniques. Found through {@link java.util.ServiceLoader}. */
public interface Stage {
    /** Name in recipes and topics, {@code "pruning"}. */
    String name();

    List<Technique<?>> techniques();

    /**
     * Loads what nearly every task needs, native libraries above all; called in the child JVM while it waits for its first
     * task. Tasks must do without: what cannot be loaded here, they will miss themselves.
     */
    default void prepare() {}
}

package dev.millrace.stage;

import java.util.List;

/** A stage service's work: its name and its techniques. Found through {@link java.util.ServiceLoader}. */
public interface Stage {
    /** Name in recipes and topics, {@code "pruning"}. */
    String name();

    List<Technique<?>> techniques();
}

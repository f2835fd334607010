package dev.millrace.engine.data;

import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which array, column or key holds the labels: the one named by the option {@code label}, else the first with a usual
 * name that is no input of the model.
 */
record Labels(@Nullable String named, List<ValueSpec> inputs) {
    static final String NONE = "none";

    private static final Set<String> USUAL = Set.of("label", "labels", "class", "target", "y", "score");

    /** The name among {@code names}; null if there is none. */
    @Nullable
    String among(Collection<String> names) {
        if (NONE.equals(named)) {
            return null;
        }
        if (named != null) {
            if (!names.contains(named)) {
                throw new RefusedException(
                        "INVALID_OPTION", "option 'label'", named, "one of " + names + ", or " + NONE);
            }
            return named;
        }
        return names.stream()
                .filter(name -> USUAL.contains(name.toLowerCase(Locale.ROOT)))
                .filter(name -> inputs.stream().noneMatch(input -> input.name().equals(name)))
                .findFirst()
                .orElse(null);
    }
}

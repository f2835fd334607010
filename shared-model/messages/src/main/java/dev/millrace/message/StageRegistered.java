package dev.millrace.message;

import java.util.List;

/** A worker of this stage is up and knows these techniques. */
public record StageRegistered(String stage, String version, List<TechniqueDescription> techniques) {
    public StageRegistered {
        techniques = techniques == null ? List.of() : List.copyOf(techniques);
    }
}

package dev.millrace.message;

import java.util.Map;
import java.util.Optional;

/**
 * What the workers that have announced themselves can do.
 *
 * @param stages by name of the stage
 */
public record Catalogue(Map<String, StageRegistered> stages) {
    public static final Catalogue EMPTY = new Catalogue(Map.of());

    public Catalogue {
        stages = Map.copyOf(stages);
    }

    public Optional<StageRegistered> stage(String name) {
        return Optional.ofNullable(stages.get(name));
    }

    public Optional<TechniqueDescription> technique(String stage, String name) {
        return stage(stage)
                .flatMap(registered -> registered.techniques().stream()
                        .filter(technique -> technique.name().equals(name))
                        .findFirst());
    }
}

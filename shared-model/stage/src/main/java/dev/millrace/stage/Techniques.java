package dev.millrace.stage;

import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.message.TechniqueDescription;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Stages and techniques by name. Asking for one that does not exist is a refusal that names those that do. */
public final class Techniques {
    private final List<Stage> all;
    private final Map<String, Map<String, Technique<?>>> techniquesByStage = new TreeMap<>();

    public Techniques(Collection<? extends Stage> stages) {
        all = List.copyOf(stages);
        for (var stage : stages) {
            var techniques = techniquesByStage.computeIfAbsent(stage.name(), name -> new TreeMap<>());
            for (var technique : stage.techniques()) {
                if (techniques.put(technique.name(), technique) != null) {
                    throw new IllegalStateException(
                            "two techniques of stage " + stage.name() + " are called " + technique.name());
                }
            }
        }
    }

    /** The stages of the class path. */
    public static Techniques load() {
        var stages = new ArrayList<Stage>();
        ServiceLoader.load(Stage.class).forEach(stages::add);
        return new Techniques(stages);
    }

    /** Lets every stage load what its tasks need. */
    void prepare() {
        all.forEach(Stage::prepare);
    }

    public List<String> stages() {
        return List.copyOf(techniquesByStage.keySet());
    }

    /** @throws RefusedException {@code UNKNOWN_STAGE} or {@code UNKNOWN_TECHNIQUE} */
    public Technique<?> technique(String stage, String name) {
        var techniques = techniques(stage);
        var technique = techniques.get(name);
        if (technique == null) {
            throw new RefusedException(
                    "UNKNOWN_TECHNIQUE", "stage " + stage, name, NearestName.choices(name, techniques.keySet()));
        }
        return technique;
    }

    /** The techniques of a stage as their classes describe themselves, by name. */
    public List<TechniqueDescription> describe(String stage) {
        return techniques(stage).values().stream()
                .map(technique -> new TechniqueDescription(
                        stage,
                        technique.name(),
                        technique.summary(),
                        technique.useWhen(),
                        technique.data(),
                        OptionBinder.describe(technique.options())))
                .toList();
    }

    private Map<String, Technique<?>> techniques(String stage) {
        var techniques = techniquesByStage.get(stage);
        if (techniques == null) {
            throw new RefusedException("UNKNOWN_STAGE", "recipe", stage, NearestName.choices(stage, stages()));
        }
        return techniques;
    }
}

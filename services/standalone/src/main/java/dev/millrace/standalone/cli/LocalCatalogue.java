package dev.millrace.standalone.cli;

import dev.millrace.message.Catalogue;
import dev.millrace.message.StageRegistered;
import dev.millrace.stage.Techniques;
import java.util.stream.Collectors;

/** The techniques that are on the class path, as their workers announce them. */
final class LocalCatalogue {
    private LocalCatalogue() {}

    static Catalogue load() {
        Techniques techniques = Techniques.load();
        return new Catalogue(techniques.stages().stream()
                .collect(Collectors.toMap(
                        stage -> stage, stage -> new StageRegistered(stage, "", techniques.describe(stage)))));
    }
}

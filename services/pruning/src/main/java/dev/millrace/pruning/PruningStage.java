package dev.millrace.pruning;

import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** The pruning stage's techniques. */
public final class PruningStage implements Stage {
    @Override
    public String name() {
        return "pruning";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(new Magnitude(), new NOfM(), new RandomControl(), new Structured());
    }
}

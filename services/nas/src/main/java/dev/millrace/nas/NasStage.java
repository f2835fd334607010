package dev.millrace.nas;

import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** The techniques that look for architectures. */
public final class NasStage implements Stage {
    @Override
    public String name() {
        return "nas";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(new Search(), new Trial(), new Supernet(), new Darts());
    }
}

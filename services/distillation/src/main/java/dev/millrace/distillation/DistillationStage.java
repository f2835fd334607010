package dev.millrace.distillation;

import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** The techniques that train. */
public final class DistillationStage implements Stage {
    @Override
    public String name() {
        return "distillation";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(new Distill(), new DataFree(), new FineTune());
    }
}

package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** Measures models; changes nothing. */
public final class EvaluationStage implements Stage {
    @Override
    public String name() {
        return "evaluation";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(new Compare());
    }

    @Override
    public void prepare() {
        OrtSession.prepare();
    }
}

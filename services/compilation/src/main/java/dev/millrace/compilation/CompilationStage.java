package dev.millrace.compilation;

import dev.millrace.engine.OrtSession;
import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** The compilation stage's techniques. */
public final class CompilationStage implements Stage {
    @Override
    public String name() {
        return "compilation";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(new Portable(), new OptimizedGraph());
    }

    @Override
    public void prepare() {
        OrtSession.prepare();
    }
}

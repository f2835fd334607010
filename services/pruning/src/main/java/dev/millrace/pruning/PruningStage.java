package dev.millrace.pruning;

import dev.millrace.pruning.sparsity.Sparsify;
import dev.millrace.pruning.structured.Blocks;
import dev.millrace.pruning.structured.Structured;
import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.ArrayList;
import java.util.List;

/** The pruning stage's techniques. */
public final class PruningStage implements Stage {
    @Override
    public String name() {
        return "pruning";
    }

    @Override
    public List<Technique<?>> techniques() {
        var techniques = new ArrayList<Technique<?>>(Sparsify.byEachCriterion());
        techniques.add(new Structured());
        techniques.add(new Blocks());
        return techniques;
    }
}

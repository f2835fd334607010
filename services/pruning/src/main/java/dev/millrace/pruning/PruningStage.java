package dev.millrace.pruning;

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
        var techniques = new ArrayList<Technique<?>>();
        criteria().forEach(criterion -> techniques.add(new Sparsify(criterion)));
        techniques.add(new Structured());
        techniques.add(new Blocks());
        return techniques;
    }

    /** Ways to choose the weights that become zero. */
    private static List<Criterion> criteria() {
        return List.of(
                new Magnitude(),
                new Wanda(),
                new SparseGpt(),
                new Snip(),
                new Grasp(),
                new SynFlow(),
                new Taylor(),
                new Movement(),
                new RandomControl());
    }
}

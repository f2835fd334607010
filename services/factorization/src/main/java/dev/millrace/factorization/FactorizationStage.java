package dev.millrace.factorization;

import dev.millrace.factorization.coding.Cluster;
import dev.millrace.factorization.coding.SparseCoding;
import dev.millrace.factorization.coding.VectorQuantization;
import dev.millrace.stage.Stage;
import dev.millrace.stage.Technique;
import java.util.List;

/** The factorization stage's techniques. */
public final class FactorizationStage implements Stage {
    @Override
    public String name() {
        return "factorization";
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(
                new Svd(),
                new SpatialSvd(),
                new Tucker(),
                new Cp(),
                new Cluster(),
                new VectorQuantization(),
                new SparseCoding());
    }
}

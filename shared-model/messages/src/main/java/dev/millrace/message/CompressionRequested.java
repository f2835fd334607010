package dev.millrace.message;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Please make this model smaller. The Kafka key of the event is the job id.
 *
 * @param data by role
 * @param recipe stages in order; empty only with {@code auto}
 * @param target name of the hardware the result is for; absent means the machine at hand
 * @param name what people call the job
 */
public record CompressionRequested(
        ArtifactReference model,
        Map<String, DataReference> data,
        List<StageStep> recipe,
        @Nullable AutoBudget auto,
        @Nullable Objective objective,
        long seed,
        @Nullable String target,
        @Nullable String name) {
    public CompressionRequested {
        data = data == null ? Map.of() : Map.copyOf(data);
        recipe = recipe == null ? List.of() : List.copyOf(recipe);
    }
}

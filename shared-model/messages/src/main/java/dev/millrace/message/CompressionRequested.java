package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Please make this model smaller. The Kafka key of the event is the job id.
 *
 * @param data by role
 * @param recipe stages in order; empty only with {@code auto}
 * @param seed of everything random; 0 where left out
 * @param target name of the hardware the result is for; absent means the machine at hand
 * @param name what people call the job
 */
public record CompressionRequested(
        ArtifactReference model,
        Map<String, DataReference> data,
        List<StageStep> recipe,
        @Nullable AutoBudget auto,
        @Nullable Objective objective,
        @JsonProperty(defaultValue = "0") long seed,
        @Nullable String target,
        @Nullable String name) {
    public CompressionRequested {
        data = data == null ? Map.of() : Map.copyOf(data);
        recipe = recipe == null ? List.of() : List.copyOf(recipe);
    }
}

package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.stage.LocalData;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a task refers to, on this machine.
 *
 * @param options of the technique; files among them are absolute paths
 * @param contents the same inputs by what they contain, wherever they are: digests instead of addresses
 */
record LocalInputs(
        Path model,
        @Nullable Path baseline,
        Map<String, LocalData> data,
        Map<String, JsonNode> options,
        Map<String, Object> contents) {}

package dev.millrace.stage;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A data set whose files are on this machine.
 *
 * @param path file or directory
 * @param format name of the format; absent means by file name
 * @param options preprocessing; files among them are absolute paths
 */
public record LocalData(Path path, @Nullable String format, Map<String, JsonNode> options) {}

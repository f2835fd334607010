package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.DataReference;
import dev.millrace.message.RefusedException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code ROLE=PATH[,key=value…]}; the key {@code format} names the format, the others are preprocessing. */
record DataArgument(String role, DataReference reference) {
    /** @throws RefusedException if it is not spelled like that */
    static DataArgument parse(String argument) {
        int equals = argument.indexOf('=');
        if (equals < 1) {
            throw new RefusedException("BAD_ARGUMENT", "--data", "'" + argument + "'", "ROLE=PATH[,key=value…]");
        }
        String role = argument.substring(0, equals);
        var spelling = Spelling.parse(argument.substring(equals + 1), "--data " + role);
        Map<String, JsonNode> options = spelling.values(Map.of());
        JsonNode format = options.remove("format");
        return new DataArgument(role, new DataReference(spelling.head(), text(format), options));
    }

    private static @Nullable String text(@Nullable JsonNode value) {
        return value == null ? null : value.asText();
    }
}

package dev.millrace.pruning.structured;

import dev.millrace.message.Json;
import dev.millrace.stage.Checkpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What went from a model, remembered by the checkpoints of the training afterwards: what was chosen by measuring would not come
 * out the same again. A line of JSON stands before the bytes of the training.
 *
 * @param blocks residual blocks that went, by their sums
 * @param widths channels that stay, by group
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, not to be compared
record ChosenCut(List<String> blocks, int[] widths) {
    /** What an earlier attempt chose. */
    static Optional<ChosenCut> of(Checkpoints all) throws IOException {
        var latest = all.latest();
        if (latest.isEmpty()) {
            return Optional.empty();
        }
        var bytes = Files.readAllBytes(latest.get());
        return Optional.of(Json.mapper().readValue(bytes, 0, end(bytes), ChosenCut.class));
    }

    private static int end(byte[] bytes) {
        int end = 0;
        while (bytes[end] != '\n') {
            end++;
        }
        return end;
    }

    /** Checkpoints of the training that remember this. */
    Checkpoints before(Checkpoints all, Path directory) {
        return new Checkpoints() {
            @Override
            public Optional<Path> latest() throws IOException {
                var latest = all.latest();
                if (latest.isEmpty()) {
                    return latest;
                }
                var bytes = Files.readAllBytes(latest.get());
                var rest = Arrays.copyOfRange(bytes, end(bytes) + 1, bytes.length);
                return Optional.of(Files.write(directory.resolve("training.checkpoint"), rest));
            }

            @Override
            public void save(Path file) throws IOException {
                var line = Json.mapper().writeValueAsString(ChosenCut.this) + "\n";
                var whole = directory.resolve("cut.checkpoint");
                try (var out = Files.newOutputStream(whole)) {
                    out.write(line.getBytes(StandardCharsets.UTF_8));
                    Files.copy(file, out);
                }
                all.save(whole);
                Files.delete(whole);
            }
        };
    }
}

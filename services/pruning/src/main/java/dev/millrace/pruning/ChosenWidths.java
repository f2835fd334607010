package dev.millrace.pruning;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.millrace.message.Json;
import dev.millrace.stage.Checkpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Checkpoints of the training after a cut that remember the cut: widths chosen by measuring would not come out the same
 * again. A line of JSON stands before the bytes of the training.
 */
final class ChosenWidths implements Checkpoints {
    private final Checkpoints all;
    private final Path directory;
    private final int[] widths;

    /** @param directory where files may lie during the attempt */
    ChosenWidths(Checkpoints all, Path directory, int[] widths) {
        this.all = all;
        this.directory = directory;
        this.widths = widths.clone();
    }

    /** What an earlier attempt chose. */
    static Optional<int[]> of(Checkpoints all) throws IOException {
        var latest = all.latest();
        if (latest.isEmpty()) {
            return Optional.empty();
        }
        var bytes = Files.readAllBytes(latest.get());
        var line = new String(bytes, 0, end(bytes), StandardCharsets.UTF_8);
        var widths = Json.mapper().readValue(line, new TypeReference<List<Integer>>() {});
        return Optional.of(widths.stream().mapToInt(Integer::intValue).toArray());
    }

    private static int end(byte[] bytes) {
        int end = 0;
        while (bytes[end] != '\n') {
            end++;
        }
        return end;
    }

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
        var numbers = new ArrayList<Integer>();
        Arrays.stream(widths).forEach(numbers::add);
        var whole = directory.resolve("cut.checkpoint");
        try (var out = Files.newOutputStream(whole)) {
            out.write((Json.mapper().writeValueAsString(numbers) + "\n").getBytes(StandardCharsets.UTF_8));
            Files.copy(file, out);
        }
        all.save(whole);
        Files.delete(whole);
    }
}

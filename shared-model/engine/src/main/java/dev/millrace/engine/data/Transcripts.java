package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What is written in pictures, as class numbers that CTC learns: the option {@code labels} names a file with a line
 * {@code path<TAB>text} for every picture, {@code alphabet} a file with one character a line, in the order of the model's classes
 * from {@code firstClass} on. Blank lines of the alphabet are left out, but a line of a space is a space.
 */
final class Transcripts {
    /** Fills up rows behind their last character. */
    private static final long NOTHING = -1;

    private final String where;
    private final Map<Path, long[]> texts;
    private final int longest;

    private Transcripts(String where, Map<Path, long[]> texts) {
        this.where = where;
        this.texts = texts;
        longest = texts.values().stream().mapToInt(text -> text.length).max().orElse(0);
    }

    /** Empty where no alphabet is named. */
    static Optional<Transcripts> of(DataOptions options) throws IOException {
        var alphabet = options.file("alphabet");
        var labels = options.file("labels");
        long first = options.whole("firstClass", 0).orElse(1L);
        if (alphabet.isEmpty()) {
            if (labels.isPresent()) {
                throw options.refused(
                        "labels", String.valueOf(labels.get().getFileName()), "the option alphabet beside it");
            }
            return Optional.empty();
        }
        var file = labels.orElseThrow(() -> options.refused("alphabet", "no labels", "the option labels beside it"));
        return Optional.of(read(file, classes(alphabet.get(), first)));
    }

    private static Map<Integer, Long> classes(Path alphabet, long first) throws IOException {
        var classes = new HashMap<Integer, Long>();
        var lines = lines(alphabet);
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            if (line.isEmpty()) {
                continue;
            }
            if (line.codePointCount(0, line.length()) != 1) {
                throw malformed(alphabet, i, "'" + line + "'", "one character");
            }
            if (classes.put(line.codePointAt(0), first + classes.size()) != null) {
                throw malformed(alphabet, i, "'" + line + "' again", "every character once");
            }
        }
        return classes;
    }

    private static Transcripts read(Path file, Map<Integer, Long> classes) throws IOException {
        var texts = new HashMap<Path, long[]>();
        var lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            int line = i;
            if (lines.get(i).isBlank()) {
                continue;
            }
            var parts = lines.get(i).split("\t", 2);
            if (parts.length < 2) {
                throw malformed(file, i, lines.get(i), "the path of a picture, a tab, and what is written in it");
            }
            var text = parts[1].codePoints()
                    .mapToLong(character -> Optional.ofNullable(classes.get(character))
                            .orElseThrow(() -> malformed(
                                    file,
                                    line,
                                    "'" + Character.toString(character) + "'",
                                    "the " + classes.size() + " characters of the alphabet")))
                    .toArray();
            texts.put(Path.of(parts[0]).normalize(), text);
        }
        return new Transcripts(String.valueOf(file.getFileName()), texts);
    }

    private static List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (MalformedInputException e) {
            throw new RefusedException(
                    "DATA_MALFORMED", String.valueOf(file.getFileName()), "bytes that are no UTF-8", "text in UTF-8");
        }
    }

    private static RefusedException malformed(Path file, int index, String found, String allowed) {
        return new RefusedException("DATA_MALFORMED", file.getFileName() + ", line " + (index + 1), found, allowed);
    }

    /**
     * What is written in a picture.
     *
     * @param picture its path below the folder of the data
     * @return {@code (1, L)} class numbers, L the length of the longest text; behind the last character negative ones
     */
    Value of(Path picture) {
        var text = texts.get(picture.normalize());
        if (text == null) {
            throw new RefusedException(
                    "LABELS_MISSING", where, "no line for " + picture, "a line for every picture of the data");
        }
        var padded = Arrays.copyOf(text, longest);
        IntStream.range(text.length, longest).forEach(i -> padded[i] = NOTHING);
        return Value.of(padded, 1, longest);
    }
}

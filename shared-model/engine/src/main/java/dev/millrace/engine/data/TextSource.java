package dev.millrace.engine.data;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.Json;
import dev.millrace.onnx.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Texts, one sample a line, as tokens: {@code input_ids}, {@code attention_mask} and {@code token_type_ids}, each {@code
 * (N, T)} int64. Two texts of a line are two rows, or one row with a separator between them.
 */
final class TextSource implements SampleSource {
    private static final long DEFAULT_LENGTH = 128;

    /** A line taken apart: one text or two, and perhaps a label. */
    private record Texts(List<String> texts, @Nullable Double label) {}

    private interface Parser {
        Texts parse(LineFile.Line line);
    }

    private final LineFile lines;
    private final Parser parser;
    private final HuggingFaceTokenizer tokenizer;
    private final boolean joined;
    private final long padId;

    /** Tokens of every row; 0 where the model takes any number. */
    private final int fixedLength;

    private TextSource(LineFile lines, Parser parser, DataOptions options, List<ValueSpec> inputs) throws IOException {
        this.lines = lines;
        this.parser = parser;
        var file = options.file("tokenizer")
                .orElseThrow(() -> options.refused("tokenizer", "nothing", "the path of a tokenizer.json"));
        if (!Files.isRegularFile(file)) {
            throw options.refused("tokenizer", file.toString(), "the path of a tokenizer.json");
        }
        joined = options.word("pair", "separate", "separate", "joined").equals("joined");
        fixedLength = inputs.stream()
                .filter(input -> input.rank() == 2 && input.dims().get(1).isFixed())
                .mapToInt(input -> (int) input.dims().get(1).size())
                .findFirst()
                .orElse(0);
        long longest = options.whole("maxLength", 1).orElse(fixedLength > 0 ? fixedLength : DEFAULT_LENGTH);
        tokenizer = HuggingFaceTokenizer.newInstance(
                file,
                Map.of(
                        "padding", "false",
                        "truncation", "true",
                        "maxLength", Long.toString(fixedLength > 0 ? Math.min(longest, fixedLength) : longest)));
        padId = padId(Json.mapper().readTree(file.toFile()));
    }

    static SampleSource jsonLines(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        var lines = new LineFile(path);
        var keys = List.of(
                options.text("text").orElse("text"), options.text("text2").orElse("text2"));
        var labels = new Labels(options.text("label").orElse(null), List.of());
        return opened(lines, line -> object(lines, line, keys, labels), options, inputs);
    }

    static SampleSource plain(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        return opened(new LineFile(path), TextSource::tabbed, options, inputs);
    }

    private static SampleSource opened(LineFile lines, Parser parser, DataOptions options, List<ValueSpec> inputs)
            throws IOException {
        try {
            return new TextSource(lines, parser, options, inputs);
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    private static Texts object(LineFile lines, LineFile.Line line, List<String> keys, Labels labels) {
        JsonNode object;
        try {
            object = Json.mapper().readTree(line.text());
        } catch (JsonProcessingException e) {
            throw lines.malformed(line.number(), e.getOriginalMessage(), "a JSON object");
        }
        var texts = new ArrayList<String>();
        for (var key : keys) {
            var text = object.get(key);
            if (text != null && text.isTextual()) {
                texts.add(text.asText());
            }
        }
        if (texts.isEmpty()) {
            var names = new ArrayList<String>();
            object.fieldNames().forEachRemaining(names::add);
            throw lines.malformed(line.number(), "keys " + names, "a string under '" + keys.get(0) + "'");
        }
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        var label = labels.among(names);
        if (label != null && !object.get(label).isNumber()) {
            throw lines.malformed(line.number(), "label " + object.get(label), "a number");
        }
        return new Texts(texts, label == null ? null : object.get(label).asDouble());
    }

    private static Texts tabbed(LineFile.Line line) {
        var fields = new ArrayList<>(List.of(line.text().split("\t")));
        Double label = null;
        if (fields.size() > 1) {
            try {
                label = Double.valueOf(fields.get(fields.size() - 1));
                fields.remove(fields.size() - 1);
            } catch (NumberFormatException e) {
                label = null;
            }
        }
        return new Texts(fields.subList(0, Math.min(2, fields.size())), label);
    }

    /** The id of the padding token, which a {@code tokenizer.json} tells in one of two places; 0 if in neither. */
    private static long padId(JsonNode tokenizer) {
        var padding = tokenizer.path("padding").path("pad_id");
        if (padding.isNumber()) {
            return padding.asLong();
        }
        for (var token : tokenizer.path("added_tokens")) {
            if (List.of("[PAD]", "<pad>").contains(token.path("content").asText())) {
                return token.path("id").asLong();
            }
        }
        return 0;
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        var line = lines.line(index);
        if (line == null) {
            return null;
        }
        var texts = parser.parse(line);
        boolean pair = texts.texts.size() == 2;
        var rows = pair && joined
                ? List.of(tokenizer.encode(texts.texts.get(0), texts.texts.get(1)))
                : texts.texts.stream().map(tokenizer::encode).toList();
        int length = fixedLength > 0
                ? fixedLength
                : rows.stream().mapToInt(row -> row.getIds().length).max().orElse(0);
        var values = new LinkedHashMap<String, Value>();
        values.put("input_ids", tokens(rows.stream().map(Encoding::getIds).toList(), length, padId));
        values.put(
                "attention_mask",
                tokens(rows.stream().map(Encoding::getAttentionMask).toList(), length, 0));
        values.put(
                "token_type_ids", tokens(rows.stream().map(Encoding::getTypeIds).toList(), length, 0));
        return new Sample(
                values,
                texts.label == null ? null : Value.full(DataType.DOUBLE, texts.label, 1),
                Map.of(),
                Map.of("input_ids", padId, "attention_mask", 0L, "token_type_ids", 0L),
                false,
                rows.size(),
                lines.name() + ", line " + line.number());
    }

    /** {@code (N, length)}. */
    private static Value tokens(List<long[]> rows, int length, long fill) {
        var all = Value.full(DataType.INT64, (double) fill, rows.size(), length);
        var longs = all.longs();
        for (int row = 0; row < rows.size(); row++) {
            longs.put(row * length, rows.get(row), 0, rows.get(row).length);
        }
        return all;
    }

    @Override
    public long count() throws IOException {
        return lines.count();
    }

    @Override
    public void close() throws IOException {
        tokenizer.close();
        lines.close();
    }
}

package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Comma-separated numbers: one sample a line, one column perhaps the label. */
final class CsvSource implements SampleSource {
    private static final String SEPARATORS = ",;\t";

    private final LineFile lines;
    private final Normalization normalization;
    private final char separator;
    private final int columns;
    private final int headerLines;

    /** Column of the label; −1 if there is none. */
    private final int label;

    CsvSource(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        lines = new LineFile(path);
        try {
            normalization = Normalization.of(options, 1);
            var first = lines.line(0);
            if (first == null) {
                throw new RefusedException("DATA_MALFORMED", lines.name(), "no line", "one sample a line");
            }
            separator = options.text("separator").map(CsvSource::character).orElseGet(() -> mostFrequent(first.text()));
            var cells = cells(first.text());
            columns = cells.length;
            boolean named = options.flag("header", Arrays.stream(cells).anyMatch(cell -> !numeric(cell)));
            headerLines = named ? 1 : 0;
            label = labelColumn(cells, named, options, inputs);
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    private static char character(String word) {
        return word.equals("\\t") || word.equalsIgnoreCase("tab") || word.isEmpty() ? '\t' : word.charAt(0);
    }

    private static char mostFrequent(String line) {
        return (char) SEPARATORS
                .chars()
                .reduce((a, b) -> count(line, b) > count(line, a) ? b : a)
                .orElse(',');
    }

    private static long count(String line, int character) {
        return line.chars().filter(c -> c == character).count();
    }

    private static boolean numeric(String cell) {
        try {
            Double.parseDouble(cell);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private int labelColumn(String[] cells, boolean named, DataOptions options, List<ValueSpec> inputs) {
        var given = options.text("label").orElse(null);
        if (given != null && given.matches("\\d+") && Integer.parseInt(given) < columns) {
            return Integer.parseInt(given);
        }
        var names = named ? List.of(cells) : List.<String>of();
        var name = new Labels(given, inputs).among(names);
        if (name != null) {
            return names.indexOf(name);
        }
        var rows = inputs.stream().map(CsvSource::rowElements).toList();
        boolean oneMore = rows.contains(columns - 1L) && !rows.contains((long) columns);
        return given == null && oneMore ? columns - 1 : -1;
    }

    /** Elements of one row of an input; −1 if not fixed. */
    private static long rowElements(ValueSpec input) {
        var row = input.dims().stream().skip(1).toList();
        return row.stream().allMatch(Dimension::isFixed)
                ? row.stream().mapToLong(Dimension::size).reduce(1, (a, b) -> a * b)
                : -1;
    }

    private String[] cells(String line) {
        return Arrays.stream(line.split(String.valueOf(separator), -1))
                .map(cell -> cell.strip().replaceAll("^\"(.*)\"$", "$1"))
                .toArray(String[]::new);
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        var line = lines.line(index + headerLines);
        if (line == null) {
            return null;
        }
        var cells = cells(line.text());
        if (cells.length != columns) {
            throw lines.malformed(line.number(), cells.length + " columns", columns + ", as in the first line");
        }
        var row = new float[label < 0 ? columns : columns - 1];
        Value labels = null;
        for (int column = 0, i = 0; column < columns; column++) {
            double number = number(cells[column], line, column);
            if (column == label) {
                labels = Value.full(DataType.DOUBLE, number, 1);
            } else {
                row[i++] = (float) number;
            }
        }
        return Sample.row(
                "columns",
                normalization.apply(Value.of(row, 1, row.length), 1),
                labels,
                lines.name() + ", line " + line.number());
    }

    private double number(String cell, LineFile.Line line, int column) {
        try {
            return Double.parseDouble(cell);
        } catch (NumberFormatException e) {
            throw lines.malformed(line.number(), "column " + column + " '" + cell + "'", "a number");
        }
    }

    @Override
    public long count() throws IOException {
        return lines.count() - headerLines;
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}

package dev.millrace.standalone.cli;

import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Two models side by side, as they were measured; what was not measured is left out. */
final class ResultTable {
    private static final int GAP = 3;
    private static final String[] BYTE_UNITS = {"B", "KB", "MB", "GB", "TB"};

    private record Row(String label, String before, String after, String change) {}

    private final List<Row> rows = new ArrayList<>();

    private ResultTable() {}

    static void print(Evaluation evaluation, PrintWriter out) {
        var table = new ResultTable();
        table.fill(evaluation);
        table.lines().forEach(out::println);
        out.println();
        out.println(basis(evaluation));
    }

    private void fill(Evaluation evaluation) {
        Measurements before = evaluation.baseline();
        Measurements after = evaluation.result();
        line("", "before", "after", "");
        for (var metric : new TreeMap<>(after.metrics()).entrySet()) {
            Double original = before.metrics().get(metric.getKey());
            line(
                    metric.getKey(),
                    original == null ? "" : fraction(original),
                    fraction(metric.getValue()),
                    original == null ? "" : String.format(Locale.ROOT, "%+.4f", metric.getValue() - original));
        }
        compare("file", before, after, m -> (double) m.sizeBytes(), ResultTable::bytes);
        compare("compressed", before, after, m -> (double) m.compressedBytes(), ResultTable::bytes);
        compare("packed", before, after, m -> number(m.packedBytes()), ResultTable::bytes);
        compare("parameters", before, after, m -> (double) m.parameters(), ResultTable::count);
        compare("non-zero", before, after, m -> (double) m.nonZeroParameters(), ResultTable::count);
        compare("MACs", before, after, m -> number(m.macs()), ResultTable::count);
        compare("latency p50", before, after, m -> latency(m, Measurements.Latency::p50Millis), ResultTable::millis);
        compare("latency p95", before, after, m -> latency(m, Measurements.Latency::p95Millis), ResultTable::millis);
        compare("load", before, after, Measurements::loadMillis, ResultTable::millis);
        compare("memory", before, after, m -> number(m.peakMemoryBytes()), ResultTable::bytes);
        for (var fidelity : new TreeMap<>(evaluation.fidelity()).entrySet()) {
            line(fidelity.getKey(), "", fraction(fidelity.getValue()), "to the original");
        }
    }

    /** What the figures rest on. */
    private static String basis(Evaluation evaluation) {
        var latency = evaluation.result().latency();
        return "Metrics on " + evaluation.samples() + " samples"
                + (latency == null
                        ? "."
                        : String.format(
                                Locale.ROOT,
                                "; latency of batch %d on %d %s, %d runs of each model in turns.",
                                latency.batch(),
                                latency.threads(),
                                latency.threads() == 1 ? "thread" : "threads",
                                latency.runs()));
    }

    private void compare(
            String label,
            Measurements before,
            Measurements after,
            Function<Measurements, @Nullable Double> figure,
            Function<Double, String> show) {
        Double original = figure.apply(before);
        Double result = figure.apply(after);
        if (result != null) {
            line(
                    label,
                    original == null ? "" : show.apply(original),
                    show.apply(result),
                    original == null || original == 0 ? "" : String.format(Locale.ROOT, "%.2f×", result / original));
        }
    }

    private void line(String label, String before, String after, String change) {
        rows.add(new Row(label, before, after, change));
    }

    /** Each column as wide as what it holds. */
    private List<String> lines() {
        int label = width(Row::label);
        int before = width(Row::before);
        int after = width(Row::after);
        return rows.stream()
                .map(row -> (pad(row.label(), label)
                                + left(row.before(), GAP + before)
                                + left(row.after(), GAP + after)
                                + " ".repeat(GAP)
                                + row.change())
                        .stripTrailing())
                .toList();
    }

    private int width(Function<Row, String> cell) {
        return rows.stream().map(cell).mapToInt(String::length).max().orElse(0);
    }

    private static @Nullable Double number(@Nullable Long value) {
        return value == null ? null : value.doubleValue();
    }

    private static @Nullable Double latency(Measurements of, Function<Measurements.Latency, Double> figure) {
        return of.latency() == null ? null : figure.apply(of.latency());
    }

    private static String fraction(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private static String count(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.3f ms" : "%.1f ms", value);
    }

    /** Decimal units: a KB has 1,000 bytes. */
    private static String bytes(double value) {
        int unit = 0;
        double scaled = value;
        while (scaled >= 1000 && unit < BYTE_UNITS.length - 1) {
            scaled /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", scaled, BYTE_UNITS[unit]);
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String left(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}

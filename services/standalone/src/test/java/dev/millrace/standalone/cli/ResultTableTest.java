package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResultTableTest {
    @Test
    void columnsAreAsWideAsTheirLongestFigure() {
        String table = print(measured(12_150_158, 1_012_627_200_000L), measured(3_400_000, 512_000_000));

        assertThat(table).contains("MACs         1,012,627,200,000   512,000,000   0.00×");
        assertThat(table).contains("file                   12.2 MB        3.4 MB   0.28×");
    }

    @Test
    void whatWasNotMeasuredIsLeftOut() {
        String table = print(measured(1000, 10), measured(500, 5));

        assertThat(table).doesNotContain("latency p50").contains("Metrics on 128 samples.");
    }

    private static Measurements measured(long bytes, long macs) {
        return new Measurements(Map.of("top1", 0.9), bytes, bytes, 10, 10, macs, null, null, null, null);
    }

    private static String print(Measurements before, Measurements after) {
        var text = new StringWriter();
        var out = new PrintWriter(text);
        ResultTable.print(new Evaluation("top1", before, after, Map.of(), 128), out);
        out.flush();
        return text.toString();
    }
}

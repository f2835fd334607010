package dev.millrace.pack.plan;

import dev.millrace.pack.coder.CostCoder;
import dev.millrace.pack.model.Element;
import dev.millrace.pack.model.FloatModel;
import dev.millrace.pack.model.Numbers;
import dev.millrace.pack.model.PieceModel;
import dev.millrace.pack.model.Plan;
import dev.millrace.pack.model.Tree;
import dev.millrace.pack.onnx.TensorSpan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds how a tensor is coded best: looks at all of it, then codes a sample in every way that could suit and takes the
 * shortest.
 */
public final class Planner {
    private static final int SAMPLE_BYTES = 1 << 18;
    private static final int PIECE_BYTES = 1 << 18;
    private static final int TYPE_BYTE = 2;

    /** A coding that saves less than this of a byte of a mantissa is noise that it follows. */
    private static final double WORTH = 0.998;

    /** Reads from the file that the tensor is in. */
    @FunctionalInterface
    public interface Source {
        void read(long offset, byte[] target, int length) throws IOException;
    }

    /** An element, a row and the inner dims. */
    private record Form(Element element, int columns, int inner) {}

    private final Source source;
    private final byte[] buffer = new byte[PIECE_BYTES];
    private final byte[] sample = new byte[SAMPLE_BYTES];

    public Planner(Source source) {
        this.source = source;
    }

    public Plan plan(TensorSpan span) throws IOException {
        var element = Element.of(span.type());
        if (element.isEmpty() || span.length() % Math.max(1, element.get().bits() / Byte.SIZE) != 0) {
            return new Plan.Bytes(1);
        }
        int length = (int) Math.min(SAMPLE_BYTES, span.length());
        source.read(span.offset(), sample, length);
        var plans = new ArrayList<Plan>();
        add(span, element.get(), length, plans);
        if (span.type() == TYPE_BYTE) {
            add(span, Element.NIBBLE, length, plans); // 4-bit weights are often stored so
        }
        if (plans.isEmpty()) {
            plans.add(new Plan.Bytes(element.get().bits() / Byte.SIZE));
        }
        return shortest(plans, span, length);
    }

    private void add(TensorSpan span, Element element, int length, List<Plan> plans) throws IOException {
        var values = new Values(element);
        for (long at = 0; at < span.length(); at += PIECE_BYTES) {
            int piece = (int) Math.min(PIECE_BYTES, span.length() - at);
            source.read(span.offset() + at, buffer, piece);
            values.add(buffer, piece);
        }
        boolean few =
                values.areFew() && (element.bits() <= Byte.SIZE || 4L * values.different() <= elements(span, element));
        if (element.exponentBits() > 0) {
            int noise = noise(element, length);
            for (var form : forms(span, element)) {
                plans.add(new Plan.Floats(
                        element, values.leastExponent(), values.exponents(), noise, form.columns(), form.inner()));
            }
        }
        if (few) {
            var keys = values.keys();
            int center = values.commonest(keys);
            var listed = Arrays.stream(keys).boxed().toList();
            forms(span, element)
                    .forEach(form ->
                            plans.add(new Plan.Codebook(element, listed, center, form.columns(), form.inner())));
        }
    }

    private static long elements(TensorSpan span, Element element) {
        return span.length() * Byte.SIZE / element.bits();
    }

    /** Rows as of a matrix whose first dim are rows; inner dims as of an image, a kernel, or the last one. */
    private static Set<Form> forms(TensorSpan span, Element element) {
        var dims = span.dims();
        int rank = dims.size();
        int last = rank == 0 ? 1 : length(dims, rank - 1, rank);
        int packed = element.equals(Element.NIBBLE) && span.type() == TYPE_BYTE ? 2 : 1;
        int columns = cut((long) packed * (rank < 2 ? last : length(dims, 1, rank)));
        var forms = new LinkedHashSet<Form>();
        forms.add(new Form(element, columns, Math.min(columns, cut((long) packed * last))));
        if (rank > 2) {
            forms.add(new Form(element, columns, Math.min(columns, cut((long) packed * length(dims, 2, rank)))));
        }
        int side = (int) Math.round(Math.sqrt(last));
        if (side >= 4 && side * side == last) {
            forms.add(new Form(element, columns, Math.min(columns, side)));
        }
        return forms;
    }

    private static int length(List<Long> dims, int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            product = Math.min(Plan.MOST_COLUMNS, product * Math.min(Plan.MOST_COLUMNS, Math.max(1, dims.get(i))));
        }
        return (int) product;
    }

    private static int cut(long columns) {
        return (int) Math.min(Plan.MOST_COLUMNS, columns);
    }

    /** A bit for every byte of the mantissa that coding does not make shorter. */
    private int noise(Element element, int length) {
        int mantissaBits = element.mantissaBits();
        int noise = 0;
        for (int part = 0; part * Byte.SIZE < mantissaBits; part++) {
            int bits = FloatModel.bitsOf(mantissaBits, part);
            int shift = mantissaBits - part * Byte.SIZE - bits;
            var tree = new Tree(1, bits);
            var cost = new CostCoder();
            long coded = 0;
            for (int i = 0; i < element.in(length); i++) {
                long value = element.get(sample, 0, i);
                if (value != 0) {
                    tree.code(cost, (int) (value >>> shift) & ((1 << bits) - 1), 0);
                    coded += bits;
                }
            }
            noise |= cost.bits() > WORTH * coded ? 1 << part : 0;
        }
        return noise;
    }

    /** By what the sample costs, as if all of the tensor were like it. */
    private Plan shortest(List<Plan> plans, TensorSpan span, int length) throws IOException {
        Plan shortest = plans.get(0);
        double fewest = Double.MAX_VALUE;
        for (int i = 0; plans.size() > 1 && i < plans.size(); i++) {
            var head = new CostCoder();
            var body = new CostCoder();
            PieceModel.of(Plan.code(head, new Numbers(), plans.get(i))).code(body, sample, 0, length);
            double bits = head.bits() + body.bits() * span.length() / length;
            if (bits < fewest) {
                fewest = bits;
                shortest = plans.get(i);
            }
        }
        return shortest;
    }
}

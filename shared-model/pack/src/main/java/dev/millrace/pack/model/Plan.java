package dev.millrace.pack.model;

import dev.millrace.pack.PackException;
import dev.millrace.pack.coder.Coder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a part of a file is coded. */
public sealed interface Plan {
    /** Elements of a row at most; longer rows are cut. */
    int MOST_COLUMNS = 1 << 18;

    /** Different elements at most that a tensor is coded by. */
    int MOST_SYMBOLS = 1 << 12;

    /** By number. */
    List<Element.Order> ORDERS = List.of(Element.Order.SIGNED, Element.Order.UNSIGNED, Element.Order.FLOATING);

    /** What nobody knows a form of. */
    record Bytes(int recordBytes) implements Plan {}

    /**
     * A tensor of few different elements.
     *
     * @param keys of the elements, ascending
     * @param center the one that the others are seen from, usually zero
     */
    record Codebook(Element element, List<Long> keys, int center, int columns, int inner) implements Plan {
        int levels() {
            return Math.max(center, keys.size() - 1 - center);
        }
    }

    /**
     * A floating-point tensor, by sign, exponent and bytes of the mantissa.
     *
     * @param least exponent of elements that are not zero
     * @param levels exponents from there on
     * @param noise a bit for each byte of the mantissa, from the highest, that nothing can be said of
     */
    record Floats(Element element, int least, int levels, int noise, int columns, int inner) implements Plan {}

    /**
     * A tensor that the file holds once more before.
     *
     * @param distance bytes back
     */
    record Repeat(long distance) implements Plan {}

    /** Codes the plan itself; a decoder has none and gets it. */
    static Plan code(Coder coder, Numbers numbers, @Nullable Plan plan) throws PackException {
        int kind = plan == null || plan instanceof Bytes
                ? 0
                : plan instanceof Codebook ? 1 : plan instanceof Floats ? 2 : 3;
        switch (numbers.code(coder, kind, 0, 3, "kind of a piece")) {
            case 0 -> {
                int width = plan instanceof Bytes bytes ? bytes.recordBytes : 0;
                return new Bytes(numbers.code(coder, width, 1, 16, "bytes of a record"));
            }
            case 1 -> {
                return codebook(coder, numbers, plan instanceof Codebook book ? book : null);
            }
            case 2 -> {
                return floats(coder, numbers, plan instanceof Floats floats ? floats : null);
            }
            default -> {
                long distance = plan instanceof Repeat repeat ? repeat.distance : 1;
                return new Repeat(numbers.code(coder, distance, 1, Long.MAX_VALUE, "distance of a repetition"));
            }
        }
    }

    private static Element element(Coder coder, Numbers numbers, @Nullable Element element) throws PackException {
        int width = element == null ? 0 : Integer.numberOfTrailingZeros(element.bits());
        int order = element == null ? 0 : ORDERS.indexOf(element.order());
        int exponent = element == null ? 0 : element.exponentBits();
        int bits = 1 << numbers.code(coder, width, 2, 6, "bits of an element");
        var found = ORDERS.get(numbers.code(coder, order, 0, ORDERS.size() - 1, "order of elements"));
        return new Element(
                bits, found, numbers.code(coder, exponent, 0, Math.min(11, bits - 2), "bits of an exponent"));
    }

    private static Codebook codebook(Coder coder, Numbers numbers, @Nullable Codebook book) throws PackException {
        var element = element(coder, numbers, book == null ? null : book.element);
        int count = numbers.code(coder, book == null ? 0 : book.keys.size(), 1, MOST_SYMBOLS, "different elements");
        var keys = new ArrayList<Long>();
        long last = -1L << (element.bits() - 1);
        var steps = new NumberModel();
        for (int i = 0; i < count; i++) {
            last += steps.code(coder, book == null ? 0 : book.keys.get(i) - last);
            keys.add(last);
        }
        int center = numbers.code(coder, book == null ? 0 : book.center, 0, count - 1, "center of the elements");
        int columns = columns(coder, numbers, book == null ? 0 : book.columns);
        return new Codebook(
                element, keys, center, columns, inner(coder, numbers, book == null ? 0 : book.inner, columns));
    }

    private static Floats floats(Coder coder, Numbers numbers, @Nullable Floats floats) throws PackException {
        var element = element(coder, numbers, floats == null ? null : floats.element);
        int most = (1 << element.exponentBits()) - 1;
        int least = numbers.code(coder, floats == null ? 0 : floats.least, 0, most, "least exponent");
        int levels = numbers.code(coder, floats == null ? 0 : floats.levels, 1, most - least + 1, "exponents");
        int noise = numbers.code(coder, floats == null ? 0 : floats.noise, 0, 255, "bytes of noise");
        int columns = columns(coder, numbers, floats == null ? 0 : floats.columns);
        int inner = inner(coder, numbers, floats == null ? 0 : floats.inner, columns);
        return new Floats(element, least, levels, noise, columns, inner);
    }

    private static int columns(Coder coder, Numbers numbers, int columns) throws PackException {
        return numbers.code(coder, columns, 1, MOST_COLUMNS, "elements of a row");
    }

    private static int inner(Coder coder, Numbers numbers, int inner, int columns) throws PackException {
        return numbers.code(coder, inner, 1, columns, "elements of the inner dims");
    }
}

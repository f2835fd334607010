package dev.millrace.pruning.sparsity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.SparseTensor;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.weight.Weight;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.training.Recovery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts masks into a model, stores it in the form asked for, and reports what became zero. */
final class PrunedModel {
    /** Compressing a file only to say how small it would be is not worth minutes; evaluation measures it anyway. */
    private static final long COMPRESSED_UP_TO_BYTES = 1L << 28;

    private final Model model;
    private final Format format;
    private final Amount amount;
    private final List<TensorReport> tensors = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private @Nullable JsonNode recovery;
    private long left;

    PrunedModel(Model model, Format format, Amount amount) {
        this.model = model;
        this.format = format;
        this.amount = amount;
    }

    /**
     * One line of the report.
     *
     * @param sparsity share of zeros, 0..1
     * @param stored {@code dense} or {@code sparse}
     */
    record TensorReport(String name, List<String> layers, long elements, long zeros, double sparsity, String stored) {}

    void note(String sentence) {
        notes.add(sentence);
    }

    /** Tells of a weight that the pattern does not fit. */
    void leaves(Weight weight) {
        left += weight.elements();
        amount.pattern()
                .ifPresent(pattern -> notes.add("%s stays dense: its %d input channels are no multiple of %d."
                        .formatted(weight.tensor(), weight.tensor().dim(Pattern.axis(weight)), pattern.m())));
    }

    /** Tells how the model was trained. */
    void recovered(Recovery.Mended mended) {
        recovery = mended.report();
        notes.addAll(mended.notes());
    }

    /** Replaces a weight where it stands. */
    void apply(Weight weight, Tensor pruned) {
        long zeros = Elements.zeros(pruned);
        boolean sparse = format == Format.SPARSE
                && !weight.graph().isInput(weight.name()) // a default of an input, as in old files, must be dense
                && sparseBytes(pruned, zeros) < pruned.sizeBytes();
        if (sparse) {
            weight.graph()
                    .producer(weight.name())
                    .ifPresent(constant -> weight.graph().remove(constant));
            weight.graph().put(SparseTensor.of(pruned));
            model.raiseIrVersion(6);
        } else {
            weight.graph().setConstant(pruned);
        }
        tensors.add(new TensorReport(
                weight.name(),
                weight.uses().stream().map(use -> use.node().name()).distinct().toList(),
                weight.elements(),
                zeros,
                zeros / (double) Math.max(1, weight.elements()),
                sparse ? "sparse" : "dense"));
    }

    private static long sparseBytes(Tensor tensor, long zeros) {
        return (tensor.elements() - zeros) * (tensor.type().sizeBytes(1) + Long.BYTES);
    }

    /** Writes the model and finishes the report. */
    StageResult write(StageContext context) throws IOException {
        context.progress(0.9, "writing");
        var file = context.workDirectory().resolve("model.onnx");
        model.write(file);
        long before = FileSize.of(context.model(), model.externalFiles());
        long after = FileSize.of(file, Model.read(file).externalFiles());
        long elements = tensors.stream().mapToLong(TensorReport::elements).sum();
        long zeros = tensors.stream().mapToLong(TensorReport::zeros).sum();

        Map<String, JsonNode> report = new LinkedHashMap<>();
        boolean met = zeros >= Math.floor(amount.sparsity() * (elements + left));
        report.put("targetMet", json(met));
        if (!met) {
            notes.add("The target of %.1f %% zeros is not met: %.1f %% is the nearest that can be reached."
                    .formatted(100 * amount.sparsity(), 100.0 * zeros / (elements + left)));
        }
        report.put("sparsity", json(zeros / (double) (elements + left)));
        report.put("prunedElements", json(elements));
        report.put("zeros", json(zeros));
        report.put("sizeBytes", json(after));
        report.put("originalSizeBytes", json(before));
        if (after > 0.99 * before) {
            var note = "The file is not smaller: zeros are stored like other weights.";
            if (after <= COMPRESSED_UP_TO_BYTES) {
                long compressed = FileSize.compressed(file);
                report.put("compressedBytes", json(compressed));
                note += " Compressed with deflate it takes " + compressed + " bytes.";
            }
            notes.add(note);
        }
        if (recovery != null) {
            report.put("recovery", recovery);
        }
        report.put("tensors", json(tensors));
        report.put("notes", json(notes));
        return new StageResult(file, null, report);
    }

    private static JsonNode json(Object value) {
        return Json.mapper().valueToTree(value);
    }
}

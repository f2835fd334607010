package dev.millrace.evaluation;

import dev.millrace.engine.Shapes;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.pack.Coding;
import dev.millrace.pack.Packer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a model without looking at its answers.
 *
 * @param macs multiply-accumulates of one sample; absent where the model holds an operator whose cost is unknown, or cannot
 *     run with the values inside it as outputs
 * @param packedBytes of the model as a packed file; absent where nobody asked
 */
record Facts(Weight weight, @Nullable Long macs, @Nullable Long packedBytes) {
    /**
     * Looks.
     *
     * @param model the file, read
     * @param sample what to run the model on
     * @param packing whether and how to see what it packs to
     * @param directory for temporary files
     */
    static Facts of(Path file, Model model, Batch sample, Compare.Packing packing, Path directory) throws IOException {
        return new Facts(
                Weight.of(file, model), macs(file, model, sample, directory), packedBytes(file, packing, directory));
    }

    private static @Nullable Long packedBytes(Path file, Compare.Packing packing, Path directory) throws IOException {
        if (packing == Compare.Packing.NONE) {
            return null;
        }
        var packed = Files.createTempFile(directory, "packed", ".mpk");
        try {
            var coding = packing == Compare.Packing.FAST ? Coding.HUFFMAN : Coding.MODELLED;
            return Packer.pack(file, packed, coding).packedBytes();
        } finally {
            Files.delete(packed);
        }
    }

    private static @Nullable Long macs(Path file, Model model, Batch sample, Path directory) throws IOException {
        try {
            var macs = Macs.of(model.graph(), Shapes.observe(file, sample.feed(), directory));
            return macs.isPresent() ? macs.getAsLong() / sample.rows() : null;
        } catch (RefusedException e) {
            return null;
        }
    }
}

package dev.millrace.evaluation;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a model weighs.
 *
 * @param sizeBytes the file and its external data
 * @param compressedBytes the same, as zstd at its default level
 * @param parameters numbers in tensors of two or more elements: initializers, and constants of nodes
 * @param nonZeroParameters those that are not 0
 */
record Weight(long sizeBytes, long compressedBytes, long parameters, long nonZeroParameters) {
    private static final int PIECE = 1 << 20;

    /** @param model the file, read */
    static Weight of(Path file, Model model) throws IOException {
        long size = 0;
        var files = new ArrayList<>(List.of(file));
        model.externalFiles().forEach(name -> files.add(file.resolveSibling(name)));
        for (var each : files) {
            size += Files.size(each);
        }
        long parameters = 0;
        long nonZero = 0;
        var inBlocks = BlockWeight.of(model);
        for (var tensor : tensors(model).toList()) {
            var packed = inBlocks.get(tensor.name());
            if (packed != null) {
                parameters += packed.elements();
                nonZero += packed.nonZero();
            } else if (tensor.elements() > 1 && tensor.type().bits() > 0) {
                parameters += tensor.elements();
                nonZero += nonZero(tensor);
            }
        }
        for (var sparse : model.graphs()
                .flatMap(graph -> graph.sparseInitializers().stream())
                .toList()) {
            parameters += sparse.dims().stream().reduce(1L, Math::multiplyExact);
            nonZero += nonZero(sparse.values());
        }
        return new Weight(size, CodedBytes.zstd(files), parameters, nonZero);
    }

    private static Stream<Tensor> tensors(Model model) {
        var initializers = model.graphs().flatMap(graph -> graph.initializers().stream());
        var constants = model.nodes()
                .filter(node -> node.is("Constant"))
                .flatMap(node -> node.attributes().stream())
                .flatMap(attribute -> attribute.tensors().stream());
        return Stream.of(initializers, constants).flatMap(each -> each);
    }

    /** Counts by bits: a number is 0 when all its bits but the sign are. */
    private static long nonZero(Tensor tensor) {
        int bits = tensor.type().bits();
        boolean signed = tensor.type().isFloatingPoint();
        long nonZero = 0;
        long bytes = tensor.sizeBytes();
        for (long offset = 0; offset < bytes; offset += PIECE) {
            var piece = tensor.data()
                    .read(offset, (int) Math.min(PIECE, bytes - offset))
                    .order(ByteOrder.LITTLE_ENDIAN);
            nonZero += nonZero(piece, bits, signed);
        }
        return nonZero;
    }

    private static long nonZero(ByteBuffer piece, int bits, boolean floating) {
        long count = 0;
        while (piece.hasRemaining()) {
            switch (bits) {
                case 64 -> count += (floating ? piece.getLong() << 1 : piece.getLong()) == 0 ? 0 : 1;
                case 32 -> count += (floating ? piece.getInt() << 1 : piece.getInt()) == 0 ? 0 : 1;
                case 16 -> count += (floating ? piece.getShort() << 17 : piece.getShort()) == 0 ? 0 : 1;
                case 8 -> count += piece.get() == 0 ? 0 : 1;
                case 4 -> {
                    byte two = piece.get();
                    count += ((two & 0x0f) == 0 ? 0 : 1) + ((two & 0xf0) == 0 ? 0 : 1);
                }
                default -> {
                    int all = piece.get() & 0xff;
                    for (; all != 0; all >>>= 2) {
                        count += (all & 3) == 0 ? 0 : 1;
                    }
                }
            }
        }
        return count;
    }
}

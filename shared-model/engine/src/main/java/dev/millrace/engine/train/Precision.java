package dev.millrace.engine.train;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Whether bfloat16 pays, found out by measuring: first a product of matrices, which without instructions for it takes many
 * times as long, then steps of the model itself.
 */
final class Precision {
    /** Rows and columns of the matrices; of smaller ones the time would be that of the call. */
    private static final int SIZE = 512;

    private static final int TIMES = 3;

    /** What the product must gain before steps of the model are tried. */
    private static final double PROMISING = 0.8;

    private final Path directory;
    private final int threads;
    private final LongSupplier nanoTime;

    Precision(Path directory, int threads, LongSupplier nanoTime) {
        this.directory = directory;
        this.threads = threads;
        this.nanoTime = nanoTime;
    }

    /** Settings with bfloat16 only where it is asked for and steps on some batches are faster with it. */
    TrainingSettings fastest(Model model, Objective objective, TrainingSettings settings, List<Batch> batches)
            throws IOException {
        boolean faster = settings.bfloat16()
                && product(true) < PROMISING * product(false)
                && steps(model, objective, settings, batches)
                        < steps(model, objective, settings.bfloat16(false), batches);
        return settings.bfloat16(faster);
    }

    /** Nanoseconds of a product of two square matrices. */
    private long product(boolean bfloat16) throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, SIZE, SIZE);
        m.output(m.node("MatMul", List.of("x", m.normal("w", SIZE, SIZE))), DataType.FLOAT, SIZE, SIZE);
        var feed = Map.of("x", Value.full(DataType.FLOAT, 1, SIZE, SIZE));
        var options = ScriptOptions.training().bfloat16(bfloat16);
        try (var module = ScriptModule.open(m.build(), options, directory, threads)) {
            return shortest(() -> module.run(feed).close());
        }
    }

    /** Nanoseconds of steps that change nothing. */
    private long steps(Model model, Objective objective, TrainingSettings settings, List<Batch> batches)
            throws IOException {
        try (var trainer = Trainer.open(model, objective, settings, directory)) {
            return shortest(() -> batches.forEach(batch -> trainer.step(batch, 0, settings.seed())));
        }
    }

    private long shortest(Runnable work) {
        work.run(); // the first time libtorch compiles
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < TIMES; i++) {
            long start = nanoTime.getAsLong();
            work.run();
            shortest = Math.min(shortest, nanoTime.getAsLong() - start);
        }
        return shortest;
    }
}

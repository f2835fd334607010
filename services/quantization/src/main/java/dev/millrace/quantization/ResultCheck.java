package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tries whether a result loads, for techniques that never run the model. */
final class ResultCheck {
    /** Loading takes about the file's size in memory; larger files are not tried. */
    private static final long LARGEST_BYTES = 1L << 30;

    private ResultCheck() {}

    /**
     * Loads the result as ONNX Runtime loads it for users, all optimizations on.
     *
     * @throws RefusedException {@code MODEL_NOT_RUNNABLE} naming the task's model if that is what does not load
     * @throws IllegalStateException if the model loads and the result does not: a mistake of the technique
     */
    static void loads(Path result, StageContext context, QuantizationReport report) throws IOException {
        if (Files.size(result) > LARGEST_BYTES) {
            report.note(
                    "Whether ONNX Runtime loads the result was not tried: it is larger than %d MiB.",
                    LARGEST_BYTES >> 20);
            return;
        }
        try {
            OrtSession.open(result, settings(context)).close();
        } catch (RefusedException e) {
            throw explained(e, context);
        }
    }

    /**
     * Whose fault it is that a file made of the task's model does not load.
     *
     * @return any other refusal as it is; else a mistake of the technique
     * @throws RefusedException {@code MODEL_NOT_RUNNABLE} naming the task's model if that does not load either
     */
    static RuntimeException explained(RefusedException refusal, StageContext context) throws IOException {
        if (!refusal.problem().code().equals("MODEL_NOT_RUNNABLE")) {
            return refusal;
        }
        OrtSession.open(context.model(), settings(context)).close();
        return new IllegalStateException("the model loads, what was made of it does not", refusal);
    }

    private static SessionSettings settings(StageContext context) {
        return SessionSettings.threads(context.threads()).frugal();
    }
}

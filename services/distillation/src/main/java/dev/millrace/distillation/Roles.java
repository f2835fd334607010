package dev.millrace.distillation;

import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Options that say who learns from whom. */
record Roles(
        @Option(
                value = "Model to train instead of the one that the stage before made.",
                defaultValue = "null",
                allowed = "a file: or millrace: address")
        @Nullable
        String student,

        @Option(
                value = "Models to learn from, the mean of their answers; none means the model of the request.",
                defaultValue = "[]",
                allowed = "file: or millrace: addresses")
        List<String> teacher,

        Derivation derivation) {
    Roles {
        if (student != null && derivation.isAsked()) {
            throw new IllegalArgumentException("student beside width, depth or macs");
        }
    }

    /** @throws RefusedException {@code TEACHER_MISSING} if the student would be its own */
    List<Path> teachers(StageContext context) {
        if (!teacher.isEmpty()) {
            return teacher.stream().map(Path::of).toList();
        }
        var original = context.baseline().orElse(context.model());
        if (!derivation.isAsked() && original.equals(given(context))) {
            throw new RefusedException(
                    "TEACHER_MISSING",
                    "distillation",
                    "the model of the request as student and as teacher",
                    "a stage before this one that changes it, or the option student, teacher, width, depth or macs");
        }
        return List.of(original);
    }

    /** The model to train, derived from the first teacher if that is asked for. */
    Path student(StageContext context) throws IOException {
        return derivation.isAsked() ? derivation.student(teachers(context).get(0), context) : given(context);
    }

    private Path given(StageContext context) {
        return student == null ? context.model() : Path.of(student);
    }
}

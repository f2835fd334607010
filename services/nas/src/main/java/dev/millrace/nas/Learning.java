package dev.millrace.nas;

import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.training.Course;
import dev.millrace.training.Guidance;
import dev.millrace.training.Imitation;
import dev.millrace.training.Lesson;
import dev.millrace.training.Student;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** The options that say how candidates are trained, and the training. */
record Learning(
        @Option(
                value = "From whom candidates learn; auto is the teacher where weights are inherited, else the labels.",
                defaultValue = "\"auto\"")
        From learning,

        Imitation imitation,
        Course course) {

    /** From whom a candidate learns. */
    enum From {
        AUTO,
        LABELS,
        /** The model of the request, and the labels where there are some. */
        TEACHER
    }

    /**
     * Trains a candidate.
     *
     * @param context of a part of the task that works on the candidate
     * @param teacher the model of the request
     * @param inherits whether the candidate's weights come from that model
     * @throws dev.millrace.message.RefusedException {@code TRAINING_DIVERGED}, and those of the data
     */
    StageResult train(
            Path candidate,
            Path teacher,
            boolean inherits,
            Course course,
            StageContext context,
            Duration checkpointEvery)
            throws IOException {
        boolean byTeacher = learning == From.TEACHER || (learning == From.AUTO && inherits);
        var guidance = byTeacher ? Guidance.ByTeachers.of(teacher, imitation) : new Guidance.Labels(0);
        return Lesson.teach(Student.open(candidate), course, guidance, context, checkpointEvery);
    }

    /**
     * The course of a trial. A rate is always given: to try several, as training does otherwise, would cost more than the
     * trial.
     *
     * @param budget share of the course
     */
    Course course(Architecture architecture, boolean inherits, double budget) {
        var part = course.shortened(budget);
        var chosen = architecture.find("learningRate");
        if (chosen.isPresent()) {
            return part.atRate(chosen.get().doubleValue());
        }
        if (course.learningRate() != null) {
            return part;
        }
        return part.atRate(
                switch (course.optimizer()) {
                    case ADAM_W -> inherits ? 0.002 : 0.01;
                    case SGD -> inherits ? 0.01 : 0.05;
                });
    }
}

package dev.millrace.training;

import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Objective;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a student is taught by. */
public sealed interface Guidance {
    /** Says what the student should answer. */
    interface Answers extends AutoCloseable {
        /** The batch with targets among its expected values. */
        Batch answered(Batch batch) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Opens whoever answers, while the data is prepared. */
    Answers answers(Student student, StageContext context) throws IOException;

    /**
     * What training makes small.
     *
     * @param labels what the labels are to the first head, if every row has one
     * @param sample rows with targets
     * @throws dev.millrace.message.RefusedException {@code LABELS_MISSING} if it needs them
     */
    Objective objective(Student student, Optional<LabelKind> labels, Batch sample);

    /** The same losses with the weights that a second ending of the training gives them, if it is worth a try. */
    default Optional<Objective> otherEnding(Objective objective) {
        return Optional.empty();
    }

    /** Fraction of the training at which that ending begins. */
    default double partsAt() {
        return 1;
    }

    /**
     * The labels of the data.
     *
     * @param smoothing share of a class label that is spread over all classes
     */
    record Labels(double smoothing) implements Guidance {
        @Override
        public Answers answers(Student student, StageContext context) {
            return new Answers() {
                @Override
                public Batch answered(Batch batch) {
                    return batch;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Objective objective(Student student, Optional<LabelKind> labels, Batch sample) {
            return Objective.of(LabelKind.required(labels).loss(student.heads().get(0), smoothing));
        }
    }

    /**
     * Other models, beside the labels where there are some.
     *
     * @param models whose mean answer counts
     * @param partsAt fraction of the training at which a second ending by labels alone begins
     */
    record ByTeachers(List<Path> models, Imitation imitation, Hints hints, double partsAt) implements Guidance {
        private static final double LAST_FIFTH = 0.8;

        public ByTeachers(List<Path> models, Imitation imitation, Hints hints) {
            this(models, imitation, hints, LAST_FIFTH);
        }

        /** A teacher and nothing inside it. */
        public static ByTeachers of(Path model, Imitation imitation) {
            return new ByTeachers(List.of(model), imitation, Hints.none());
        }

        /** The same with another begin of the second ending. */
        public ByTeachers parting(double at) {
            return new ByTeachers(models, imitation, hints, at);
        }

        @Override
        public Answers answers(Student student, StageContext context) throws IOException {
            return Teachers.open(models, student.heads(), hints.hints(), context);
        }

        @Override
        public Objective objective(Student student, Optional<LabelKind> labels, Batch sample) {
            return new Objective(
                    Stream.concat(imitation.terms(student.heads(), labels, sample).stream(), hints.terms().stream())
                            .toList());
        }

        @Override
        public Optional<Objective> otherEnding(Objective objective) {
            return imitation.leavesLabelsOpen() ? Imitation.byLabels(objective) : Optional.empty();
        }
    }
}

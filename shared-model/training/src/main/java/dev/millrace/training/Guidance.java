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

    /**
     * Something else to train by, which may turn out better on data held out.
     *
     * @param objective the same losses, weighed otherwise
     * @param from fraction of the training at which it begins
     */
    record Alternative(Objective objective, double from) {}

    /**
     * What is worth a try beside an objective.
     *
     * @param heldRows rows held out to tell which of both is better
     */
    default Optional<Alternative> alternative(Objective objective, long heldRows) {
        return Optional.empty();
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
     */
    record ByTeachers(List<Path> models, Imitation imitation, Hints hints) implements Guidance {
        private static final double LAST_FIFTH = 0.8;

        /** Rows held out that can tell two endings of one training apart. */
        private static final int FEWEST_TO_DECIDE = 30;

        /** Rows held out that can tell two trainings apart, one of them without teachers. */
        private static final int FEWEST_TO_DOUBT_TEACHERS = 2_000;

        /** A teacher and nothing inside it. */
        public static ByTeachers of(Path model, Imitation imitation) {
            return new ByTeachers(List.of(model), imitation, Hints.none());
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

        /** The labels alone, from the beginning where labels are plenty; they may say more than the teachers do. */
        @Override
        public Optional<Alternative> alternative(Objective objective, long heldRows) {
            if (!imitation.leavesLabelsOpen() || heldRows < FEWEST_TO_DECIDE) {
                return Optional.empty();
            }
            double from = heldRows < FEWEST_TO_DOUBT_TEACHERS ? LAST_FIFTH : 0;
            return Imitation.byLabels(objective).map(labels -> new Alternative(labels, from));
        }
    }
}

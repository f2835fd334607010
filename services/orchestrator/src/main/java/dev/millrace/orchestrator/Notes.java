package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.JobChanged;
import dev.millrace.message.LineageStep;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What a reader of the result must know. */
final class Notes {
    /** Where a stage's report has its sentences. */
    static final String KEY = "notes";

    private static final int MOST_PER_STAGE = 20;
    private static final int LONGEST = 500;

    private Notes() {}

    /** Sentences about the result, the verdict's first, then those of the stages that made and measured it. */
    static List<String> of(JobChanged job, ArtifactReference best, Verdict verdict) {
        var notes = new ArrayList<>(verdict.notes());
        if (job.search() != null) {
            notes.add(summary(job.search()));
        }
        if (!Plan.same(best, Plan.latestModel(job))) {
            notes.add("The result is the output of "
                    + job.lineage().stream()
                            .filter(step -> step.output() != null && Plan.same(step.output(), best))
                            .map(step -> step.stage() + ":" + step.technique())
                            .findFirst()
                            .orElse("no stage")
                    + "; what the later stages made is worse by the objective.");
        }
        job.lineage().stream()
                .filter(step -> concerns(step, job, best))
                .forEach(step -> sentences(step)
                        .map(sentence -> step.stage() + ": " + sentence)
                        .forEach(notes::add));
        return List.copyOf(notes);
    }

    private static String summary(SearchProgress search) {
        long failed = search.trials().stream()
                .filter(trial -> trial.state() == Trial.State.FAILED)
                .count();
        return "Search: " + search.trials().size() + " trials, " + failed + " of them failed, "
                + (search.front().isEmpty()
                        ? "none within the limits; the result is the nearest. "
                        : search.front().size() + " on the front. ")
                + search.ended();
    }

    /** Whether a step is on the way to the best model, or measured it. */
    private static boolean concerns(LineageStep step, JobChanged job, ArtifactReference best) {
        if (step.output() == null) {
            return Plan.same(step.input(), best);
        }
        return job.lineage().stream()
                .filter(made -> made.output() != null && Plan.same(made.output(), best))
                .anyMatch(made -> step.step() <= made.step());
    }

    private static Stream<String> sentences(LineageStep step) {
        JsonNode notes = step.report().get(KEY);
        return notes == null || !notes.isArray()
                ? Stream.empty()
                : StreamSupport.stream(notes.spliterator(), false)
                        .filter(JsonNode::isTextual)
                        .map(JsonNode::textValue)
                        .map(sentence -> sentence.substring(0, Math.min(sentence.length(), LONGEST)))
                        .limit(MOST_PER_STAGE);
    }
}

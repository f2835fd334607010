package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A search that the orchestrator is to run in place of one step of a job: what a trial is, what can be chosen, what is
 * wanted and when it is enough.
 *
 * <p>Where {@code trial} is absent a trial is a recipe: each of its values is a stage step as an object, or {@code "none"};
 * the steps run in the order of the choices, and an evaluation follows. Otherwise each trial is a task of {@code trial}'s stage and technique with its options and two more: {@code values}, an object
 * from the name of a choice to the value tried, and, with {@code halving}, {@code budget}, the share of the full training
 * that this trial gets, above 0 and at most 1. It works on the model that the search was given, and answers with the
 * figures that the goals name and, where it made one, a model.
 *
 * @param trial the task of one trial, without its values; absent where trials are recipes
 * @param strategy how the next trials are chosen: {@code random}, {@code evolution}, {@code nsga2}, {@code reinforce},
 *     {@code tpe} or {@code parts}
 * @param trials most trials, those that fail included
 * @param seconds no trial begins later than this after the first one; absent means no limit
 * @param patience ends the search after so many trials that left the front as it was; absent means never
 * @param parallel most trials that are out at once. What is tried follows from it, but not from who answers first
 * @param halving trains most trials only a little; absent trains all of them in full
 */
public record SearchPlan(
        @Nullable StageStep trial,
        List<Choice> choices,
        List<Goal> goals,
        String strategy,
        int trials,
        @Nullable Long seconds,
        @Nullable Integer patience,
        @JsonProperty(defaultValue = "1") int parallel,
        @Nullable Halving halving) {
    public SearchPlan {
        choices = choices == null ? List.of() : List.copyOf(choices);
        goals = goals == null ? List.of() : List.copyOf(goals);
    }

    /**
     * Successive halving: trials begin on rung 0 with a share of {@code 1 / factor^(rungs-1)} of the training, and the best
     * of each {@code factor} trials of a rung are trained {@code factor} times as long on the next one.
     *
     * @param rungs at least 2
     * @param factor at least 2
     */
    public record Halving(int rungs, int factor) {}
}

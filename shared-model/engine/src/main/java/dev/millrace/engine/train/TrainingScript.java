package dev.millrace.engine.train;

import dev.millrace.onnx.script.Script;
import java.util.ArrayList;
import java.util.List;

/**
 * The methods that training adds to a compiled graph.
 *
 * <table>
 * <caption>Methods; targets are a list of tensors in the order of {@link Objective#targets()}</caption>
 * <tr><td>{@code losses}</td><td>the weighted sum, each loss, the accuracy if there is one</td></tr>
 * <tr><td>{@code step}</td><td>one update; gives the losses and the norm of the gradient</td></tr>
 * <tr><td>{@code step_apart}</td><td>the same for the weights that are trained apart</td></tr>
 * <tr><td>{@code gather}</td><td>adds a batch's gradients to those of the next step; gives the losses</td></tr>
 * <tr><td>{@code gradients}</td><td>of the weighted sum by each weight, dense</td></tr>
 * <tr><td>{@code curvature}</td><td>the Hessian times a direction, dense</td></tr>
 * <tr><td>{@code begin}</td><td>makes the optimizer's state and the copy of the best weights</td></tr>
 * <tr><td>{@code keep}, {@code recall}</td><td>copies the changing tensors to the best ones, and back</td></tr>
 * <tr><td>{@code changing}</td><td>weights and statistics as the graph stores them, dense</td></tr>
 * <tr><td>{@code revise}</td><td>weights and statistics set to what the graph has; zeros hold from there on</td></tr>
 * <tr><td>{@code movement}</td><td>how far each weight has moved away from zero, dense</td></tr>
 * <tr><td>{@code uncover}</td><td>what is held at zero is as it was before</td></tr>
 * <tr><td>{@code everything}, {@code restore}</td><td>all that a checkpoint needs, dense, and the way back</td></tr>
 * </table>
 */
final class TrainingScript {
    private final TrainedTensors tensors;
    private final Objective objective;

    TrainingScript(Script script, Objective objective, TrainingSettings settings) {
        tensors = new TrainedTensors(script, settings);
        this.objective = objective;
    }

    List<String> methods() {
        var loss = new LossScript(tensors, objective);
        var step = new StepScript(tensors, false);
        var state = new StateScript(tensors);
        var methods = new ArrayList<>(List.of(
                loss.losses(),
                step.step(),
                loss.gradients(),
                loss.curvature(),
                state.begin(),
                state.keep(),
                state.recall(),
                state.changing(),
                state.revise(),
                state.everything(),
                state.restore()));
        if (tensors.settings().movement()) {
            methods.add(state.movement());
            methods.add(state.uncover());
        }
        if (tensors.gathers()) {
            methods.add(step.gather());
        }
        if (tensors.settings().takesTurns()) {
            methods.add(new StepScript(tensors, true).step());
        }
        return methods;
    }

    /** Names of the tensors that the methods assign. */
    List<String> state() {
        return tensors.assigned();
    }
}

package dev.millrace.engine.train;

import java.util.List;

/** How a gradient changes a weight; one of ATen's fused updates. */
public sealed interface Optimizer {
    /** Prefixes of the state that each weight has: momentum, and the like. */
    List<String> state();

    /** Decay of weights with two or more axes; biases and scales are not decayed. */
    double weightDecay();

    /** The update of lists {@code weights}, {@code gradients} and one list for each {@link #state}, at rate {@code rate}. */
    String update(String weights, String gradients, List<String> state, String weightDecay);

    /** Stochastic gradient descent with momentum. */
    record Sgd(double momentum, boolean nesterov, double weightDecay) implements Optimizer {
        @Override
        public List<String> state() {
            return momentum == 0 ? List.of() : List.of("m");
        }

        @Override
        public String update(String weights, String gradients, List<String> state, String weightDecay) {
            return ("torch._fused_sgd_(%s, %s, %s, weight_decay=%s, momentum=%s, lr=rate, dampening=0.0, nesterov=%s, "
                            + "maximize=False, is_first_step=False)")
                    .formatted(
                            weights,
                            gradients,
                            momentum == 0 ? "annotate(List[Tensor], [])" : state.get(0),
                            weightDecay,
                            momentum,
                            nesterov ? "True" : "False");
        }
    }

    /** Adam with decoupled weight decay (Loshchilov and Hutter, 2019). */
    record AdamW(double beta1, double beta2, double epsilon, double weightDecay) implements Optimizer {
        public static AdamW decaying(double weightDecay) {
            return new AdamW(0.9, 0.999, 1e-8, weightDecay);
        }

        @Override
        public List<String> state() {
            return List.of("m", "s");
        }

        @Override
        public String update(String weights, String gradients, List<String> state, String weightDecay) {
            return ("torch._fused_adamw_(%s, %s, %s, %s, annotate(List[Tensor], []), counts, lr=rate, beta1=%s, beta2=%s, "
                            + "weight_decay=%s, eps=%s, amsgrad=False, maximize=False)")
                    .formatted(weights, gradients, state.get(0), state.get(1), beta1, beta2, weightDecay, epsilon);
        }
    }
}

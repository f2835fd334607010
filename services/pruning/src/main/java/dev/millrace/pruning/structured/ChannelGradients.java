package dev.millrace.pruning.structured;

import dev.millrace.engine.train.Trainer;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.pruning.weight.DifferentiableLoss;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a channel is worth to the labels' loss: how much the loss changes, by its gradient, where all weights of the channel
 * are zero. Cost: a forward and a backward pass over the samples.
 */
final class ChannelGradients {
    /** How far the loss is expanded. */
    enum Order {
        FIRST,
        SECOND
    }

    private final Order order;
    private final Subject subject;
    private final List<double[]> scores = new ArrayList<>();

    private ChannelGradients(Order order, Subject subject) {
        this.order = order;
        this.subject = subject;
        subject.groups().forEach(group -> scores.add(new double[group.size()]));
    }

    /** @throws dev.millrace.message.RefusedException {@code MISSING_DATA}, {@code LABELS_MISSING} */
    static List<double[]> scores(Subject subject, Order order) throws IOException {
        var sum = new ChannelGradients(order, subject);
        try (var lesson = subject.recovery().lesson(subject.context(), Lesson.CHECKPOINT_EVERY);
                var loss = DifferentiableLoss.ofLabels(subject.model(), lesson, subject.samples(), subject.context())) {
            for (var batch : loss.batches()) {
                sum.add(loss.trainer().gradients(batch));
            }
        }
        return sum.scores;
    }

    private void add(List<Trainer.PerWeight> gradients) {
        for (int g = 0; g < scores.size(); g++) {
            var products = new double[scores.get(g).length];
            for (var each : gradients) {
                if (each.graph().parent().isEmpty()) {
                    add(products, subject.groups().get(g), each);
                }
            }
            for (int channel = 0; channel < products.length; channel++) {
                double product = products[channel];
                scores.get(g)[channel] += order == Order.FIRST ? product * product : product;
            }
        }
    }

    /** Adds {@code Σgw}, or {@code ½Σ(gw)²}, of the elements of one weight that are a channel's. */
    private void add(double[] products, ChannelGroup group, Trainer.PerWeight each) {
        group.slices().forEach((axis, slices) -> {
            if (axis.value().equals(each.weight().name())) {
                var rows = ChannelNorm.rows(elements(each), each.weight(), axis.number());
                for (int channel = 0; channel < products.length; channel++) {
                    for (int index : slices.get(channel)) {
                        for (float element : rows[index]) {
                            products[channel] += element;
                        }
                    }
                }
            }
        });
    }

    private float[] elements(Trainer.PerWeight each) {
        Tensor weight = subject.graph().initializer(each.weight().name()).orElse(each.weight());
        var elements = weight.floats();
        var gradient = each.numbers().floats();
        for (int i = 0; i < elements.length; i++) {
            float product = elements[i] * gradient.get(i);
            elements[i] = order == Order.FIRST ? product : product * product / 2;
        }
        return elements;
    }
}

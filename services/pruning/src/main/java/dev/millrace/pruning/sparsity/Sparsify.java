package dev.millrace.pruning.sparsity;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.pruning.weight.Weight;
import dev.millrace.pruning.weight.Weights;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Lesson;
import dev.millrace.training.Recovery;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sets weights to zero: a {@link Criterion} says which, a {@link Scope} or {@link Pattern} where, a {@link Pace} when, and
 * {@link Recovery} trains what is left. Cost: that of the criterion for every round, and the training.
 */
public final class Sparsify implements Technique<Sparsify.Options> {
    /** Share of the training before a criterion that learns is asked first. */
    private static final double LEARNING = 0.1;

    /** Share of the task that choosing weights takes where training follows. */
    private static final double PRUNED = 0.2;

    record Options(
            @Option(
                    value = "Share of weights that become zero; a pattern says it itself.",
                    defaultValue = "0.5",
                    allowed = "0 ≤ sparsity < 1")
            double sparsity,

            @Option(
                    value = "Weights kept of every so many neighbours along the input channels, as sparse matrix units"
                            + " want it: 2:4; null for no pattern.",
                    defaultValue = "null",
                    allowed = "n:m with 1 ≤ n < m ≤ 64")
            @Nullable
            String pattern,

            @Option(
                    value = "How the sparsity is shared out: the same in every layer, the same for every output of a"
                            + " layer, by one threshold over all, by LAMP scores, or by the Erdős–Rényi kernel rule; null"
                            + " for what suits the criterion.",
                    defaultValue = "null")
            @Nullable
            Scope scope,

            @Option(
                    value = "When weights go: at once, or during training in rounds that start the learning rate anew"
                            + " (lotteryTicket: the weights too), or along a cubic curve.",
                    defaultValue = "\"oneShot\"")
            Pace schedule,

            @Option(value = "Rounds of a schedule.", defaultValue = "10", allowed = "1 ≤ rounds ≤ 1000")
            int rounds,

            @Option(
                    value = "Share of the training after which the last round removes weights.",
                    defaultValue = "0.5",
                    allowed = "0 < pruneUntil < 1")
            double pruneUntil,

            @Option(
                    value = "Rows of data that a criterion looks at, where it needs data.",
                    defaultValue = "128",
                    allowed = "samples ≥ 1")
            int samples,

            @Option(
                    value = "Layers to leave alone, beside those that are frozen, by name, operator type or name of the"
                            + " weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            @Option(value = "Prune tables of embeddings too.", defaultValue = "false")
            boolean embeddings,

            @Option(
                    value = "How zeros are stored: left out where that makes the file smaller, or like other weights.",
                    defaultValue = "\"sparse\"")
            Format format,

            Recovery recovery) {
        Options {
            if (!(sparsity >= 0 && sparsity < 1)) {
                throw new IllegalArgumentException("sparsity=" + sparsity);
            }
            if (pattern != null) {
                Pattern.of(pattern);
            }
            if (rounds < 1 || rounds > 1000) {
                throw new IllegalArgumentException("rounds=" + rounds);
            }
            if (!(pruneUntil > 0 && pruneUntil < 1)) {
                throw new IllegalArgumentException("pruneUntil=" + pruneUntil);
            }
            if (samples < 1) {
                throw new IllegalArgumentException("samples=" + samples);
            }
        }

        /** Layers that are not pruned: those that are ignored, and those that training leaves as they are. */
        NodeGlobs leftAlone(Model model) {
            var globs = new ArrayList<>(ignored);
            globs.addAll(recovery.course().frozen());
            return NodeGlobs.of("ignored", globs, model);
        }

        Amount amount(Criterion criterion) {
            var wanted = Optional.ofNullable(pattern).map(Pattern::of);
            var where = scope == null ? criterion.scope() : scope;
            return new Amount(wanted.map(Pattern::sparsity).orElse(sparsity), where, wanted);
        }

        Sparsification.Rounds rounds(Criterion criterion, double share) {
            double from = criterion.learns() ? Math.min(LEARNING, pruneUntil) : 0;
            return new Sparsification.Rounds(
                    schedule, schedule.at(rounds, from, pruneUntil), schedule.shares(rounds, share));
        }
    }

    private final Criterion criterion;
    private final Duration checkpointEvery;

    /** The technique once for each criterion. */
    public static List<Sparsify> byEachCriterion() {
        return Criterion.all().stream().map(Sparsify::new).toList();
    }

    Sparsify(Criterion criterion) {
        this(criterion, Lesson.CHECKPOINT_EVERY);
    }

    Sparsify(Criterion criterion, Duration checkpointEvery) {
        this.criterion = criterion;
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return criterion.name();
    }

    @Override
    public String summary() {
        return criterion.summary();
    }

    @Override
    public String useWhen() {
        return criterion.useWhen();
    }

    @Override
    public List<String> data() {
        return criterion.data();
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return options.recovery().course().isTimed();
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = ModelGate.open(context.model());
        var amount = options.amount(criterion);
        var ignored = options.leftAlone(model);
        var all = Weights.of(model, options.embeddings(), ignored);
        if (all.stream().noneMatch(amount::fits)) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE",
                    "model",
                    "no weight whose input channels split into groups for " + options.pattern(),
                    "at least one");
        }
        Function<Model, List<Weight>> finder = any -> Weights.of(any, options.embeddings(), ignored).stream()
                .filter(amount::fits)
                .toList();
        var sources = new Evidence.Sources(finder, options.samples(), context, new LinkedHashSet<>(), null, null);
        var result = inTraining(options, context)
                ? whileTraining(options, amount, sources)
                : atOnce(model, options, amount, sources);
        all.stream().filter(weight -> !amount.fits(weight)).forEach(result::leaves);
        sources.notes().forEach(result::note);
        return result.write(context);
    }

    /**
     * Whether weights go while the model is trained.
     *
     * @throws RefusedException {@code RECOVERY_MISSING} if they should and there is no training
     */
    private boolean inTraining(Options options, StageContext context) {
        boolean during = options.schedule() != Pace.ONE_SHOT || criterion.learns();
        if (during && !options.recovery().trains(context)) {
            throw new RefusedException(
                    "RECOVERY_MISSING",
                    "pruning:" + name(),
                    "no training, which the schedule or the criterion goes by",
                    "training data, and a recovery other than none");
        }
        return during;
    }

    private PrunedModel atOnce(Model model, Options options, Amount amount, Evidence.Sources sources)
            throws IOException {
        var context = sources.context();
        context.progress(0, "choosing");
        var evidence = sources.of(model, amount);
        var tensors = pruned(evidence, options);
        if (!options.recovery().trains(context)) {
            var pruned = new PrunedModel(model, options.format(), amount);
            for (int i = 0; i < tensors.size(); i++) {
                context.progress(0.5 + 0.4 * i / tensors.size(), "pruning");
                pruned.apply(evidence.weights().get(i), tensors.get(i));
            }
            return pruned;
        }
        for (int i = 0; i < tensors.size(); i++) {
            evidence.weights().get(i).graph().setConstant(tensors.get(i));
        }
        var file = context.workDirectory().resolve("pruned.onnx");
        model.write(file);
        return recovered(options.recovery().mend(file, context, PRUNED, checkpointEvery), options, amount, sources);
    }

    private List<Tensor> pruned(Evidence evidence, Options options) throws IOException {
        if (!criterion.reads()) {
            return criterion.prune(evidence);
        }
        try (var lesson = options.recovery().lesson(evidence.context(), checkpointEvery)) {
            return criterion.prune(new Evidence(
                    evidence.model(),
                    evidence.weights(),
                    evidence.amount(),
                    evidence.sources().reading(lesson)));
        }
    }

    private PrunedModel whileTraining(Options options, Amount amount, Evidence.Sources sources) throws IOException {
        var rounds = options.rounds(criterion, amount.sparsity());
        var mended = options.recovery()
                .train(
                        sources.context(),
                        checkpointEvery,
                        (student, lesson) -> new Sparsification(
                                rounds, criterion, student.model(), amount, sources.reading(lesson)));
        return recovered(mended, options, amount, sources);
    }

    private static PrunedModel recovered(
            Recovery.Mended mended, Options options, Amount amount, Evidence.Sources sources) throws IOException {
        var model = ModelGate.open(mended.model());
        var pruned = new PrunedModel(model, options.format(), amount);
        sources.finder().apply(model).forEach(weight -> pruned.apply(weight, withoutSigns(weight.tensor())));
        pruned.recovered(mended);
        return pruned;
    }

    /** Training leaves zeros of both signs, which compute the same and cost whoever compresses the file a bit each. */
    private static Tensor withoutSigns(Tensor tensor) {
        var values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = values[i] == 0 ? 0 : values[i];
        }
        return tensor.withFloats(values);
    }
}

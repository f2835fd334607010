package dev.millrace.onnx.op;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An operator in a range of opsets.
 *
 * @param since first opset that has this form
 * @param until last opset that has it
 * @param settings inputs that steer the operator and are never weights, by position
 * @param updatesSettings whether the settings are running statistics, which training updates in place
 * @param givesSequence whether the output is a list of tensors
 */
public record Form(
        String type,
        String domain,
        long since,
        long until,
        Set<Integer> settings,
        boolean updatesSettings,
        boolean givesSequence,
        Emitter emitter) {
    /** The domain of ONNX Runtime's fused operators. */
    public static final String MICROSOFT = "com.microsoft";

    /** The domain of operators that only training needs; no file has them. */
    public static final String MILLRACE = "dev.millrace";

    /** An operator of the standard domain in every opset, written as a {@link Template}. */
    static Form op(String type, String template) {
        return op(type, Template.of(template));
    }

    /** An operator of the standard domain in every opset, written by a method. */
    static Form op(String type, Emitter emitter) {
        return new Form(type, "", 1, Long.MAX_VALUE, Set.of(), false, false, emitter);
    }

    /** An operator that gives several values, one after the other. */
    static Form op(String type, int outputs, String template) {
        return op(type, Template.of(template, outputs));
    }

    Form since(long opset) {
        return new Form(type, domain, opset, until, settings, updatesSettings, givesSequence, emitter);
    }

    Form until(long opset) {
        return new Form(type, domain, since, opset, settings, updatesSettings, givesSequence, emitter);
    }

    Form in(String otherDomain) {
        return new Form(type, otherDomain, since, until, settings, updatesSettings, givesSequence, emitter);
    }

    Form settings(Integer... inputs) {
        return new Form(
                type,
                domain,
                since,
                until,
                Arrays.stream(inputs).collect(Collectors.toUnmodifiableSet()),
                updatesSettings,
                givesSequence,
                emitter);
    }

    /** As {@link #settings}, for running statistics. */
    Form statistics(Integer... inputs) {
        return new Form(type, domain, since, until, settings(inputs).settings, true, givesSequence, emitter);
    }

    Form sequence() {
        return new Form(type, domain, since, until, settings, updatesSettings, true, emitter);
    }

    boolean covers(long opset) {
        return since <= opset && opset <= until;
    }
}

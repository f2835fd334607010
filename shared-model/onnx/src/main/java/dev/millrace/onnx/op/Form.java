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
 * @param givesSequence whether the output is a list of tensors
 */
public record Form(
        String type,
        String domain,
        long since,
        long until,
        Set<Integer> settings,
        boolean givesSequence,
        Emitter emitter) {
    /** The domain of ONNX Runtime's fused operators. */
    public static final String MICROSOFT = "com.microsoft";

    /** An operator of the standard domain in every opset, written as a {@link Template}. */
    static Form op(String type, String template) {
        return op(type, Template.of(template));
    }

    /** An operator of the standard domain in every opset, written by a method. */
    static Form op(String type, Emitter emitter) {
        return new Form(type, "", 1, Long.MAX_VALUE, Set.of(), false, emitter);
    }

    /** An operator that gives several values, one after the other. */
    static Form op(String type, int outputs, String template) {
        return op(type, Template.of(template, outputs));
    }

    Form since(long opset) {
        return new Form(type, domain, opset, until, settings, givesSequence, emitter);
    }

    Form until(long opset) {
        return new Form(type, domain, since, opset, settings, givesSequence, emitter);
    }

    Form in(String otherDomain) {
        return new Form(type, otherDomain, since, until, settings, givesSequence, emitter);
    }

    Form settings(Integer... inputs) {
        return new Form(
                type,
                domain,
                since,
                until,
                Arrays.stream(inputs).collect(Collectors.toUnmodifiableSet()),
                givesSequence,
                emitter);
    }

    Form sequence() {
        return new Form(type, domain, since, until, settings, true, emitter);
    }

    boolean covers(long opset) {
        return since <= opset && opset <= until;
    }
}

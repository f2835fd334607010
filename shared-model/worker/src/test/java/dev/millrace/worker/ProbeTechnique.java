package dev.millrace.worker;

import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/** A technique of tests: its name, its options and what it does. */
record ProbeTechnique<O extends Record>(String name, Class<O> options, boolean timed, Work<O> work)
        implements Technique<O> {
    /** What it does. */
    interface Work<O> {
        StageResult run(O options, StageContext context) throws IOException;
    }

    ProbeTechnique(String name, Class<O> options, Work<O> work) {
        this(name, options, false, work);
    }

    @Override
    public String summary() {
        return "Does " + name + ".";
    }

    @Override
    public String useWhen() {
        return "In tests.";
    }

    @Override
    public boolean belongsToMachine(O options) {
        return timed;
    }

    @Override
    public StageResult run(O options, StageContext context) throws IOException {
        return work.run(options, context);
    }
}

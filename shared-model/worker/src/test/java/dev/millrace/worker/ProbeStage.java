package dev.millrace.worker;

import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import dev.millrace.stage.Stage;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A stage that does everything that can happen to a child JVM. */
public final class ProbeStage implements Stage {
    static final String NAME = "probe";

    record Options(
            @Option(value = "Text for the model file.", defaultValue = "\"\"")
            String text,

            @Option(value = "Milliseconds to take.", defaultValue = "0", allowed = "0 or more")
            long millis) {
        Options {
            if (millis < 0) {
                throw new IllegalArgumentException("millis is " + millis);
            }
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<Technique<?>> techniques() {
        return List.of(
                new ProbeTechnique<>("search", ProbeSearch.Options.class, ProbeSearch::run),
                new ProbeTechnique<>("trial", ProbeTrial.Options.class, ProbeTrial::run),
                probe("echo", ProbeStage::echo),
                new ProbeTechnique<>("timed", Options.class, true, ProbeStage::echo),
                probe("sleep", ProbeStage::sleep),
                probe("resume", ProbeStage::resume),
                probe("resume-slowly", ProbeStage::resumeSlowly),
                probe("noise", ProbeStage::noise),
                probe("throw", (options, context) -> {
                    throw new IllegalStateException("a bug");
                }),
                probe("refuse", (options, context) -> {
                    throw new RefusedException("BAD_MODEL", "node 'x'", "a loop", "no loop");
                }),
                probe("full", (options, context) -> {
                    throw new IOException("No space left on device");
                }),
                probe("crash", (options, context) -> {
                    System.err.println("about to crash");
                    Runtime.getRuntime().halt(139);
                    throw new IllegalStateException();
                }),
                probe("oom", ProbeStage::oom),
                probe("map", ProbeStage::map));
    }

    private static Technique<Options> probe(String name, ProbeTechnique.Work<Options> work) {
        return new ProbeTechnique<>(name, Options.class, work);
    }

    private static StageResult echo(Options options, StageContext context) throws IOException {
        var model = context.workDirectory().resolve("out.onnx");
        Files.writeString(model, Files.readString(context.model()) + options.text());
        return new StageResult(model, null, Map.of("pid", TextNode.valueOf(pid())));
    }

    /** Tells how far it is, every 10 ms; with a text it stays silent. */
    private static StageResult sleep(Options options, StageContext context) throws IOException {
        if (options.text().isEmpty()) {
            sleep(options.millis(), context);
        } else {
            pause(options.millis());
        }
        return echo(options, context);
    }

    /** Tells how far it is, every 10 ms. */
    static void sleep(long millis, StageContext context) throws IOException {
        for (long slept = 0; slept < millis; slept += 10) {
            pause(10);
            context.progress((double) slept / millis, "sleeping");
        }
    }

    /** Saves a checkpoint, then crashes; goes on from it the next time. */
    private static StageResult resume(Options options, StageContext context) throws IOException {
        var checkpoint = context.checkpoints().latest();
        if (checkpoint.isPresent()) {
            return new StageResult(
                    null, null, Map.of("resumedFrom", TextNode.valueOf(Files.readString(checkpoint.get()))));
        }
        Path state = context.workDirectory().resolve("state");
        Files.writeString(state, "step 1 of " + options.text());
        context.checkpoints().save(state);
        Runtime.getRuntime().halt(134);
        throw new IllegalStateException();
    }

    /** Saves a checkpoint, then takes its time; so does who goes on from it, and says so. */
    private static StageResult resumeSlowly(Options options, StageContext context) throws IOException {
        var checkpoint = context.checkpoints().latest();
        if (checkpoint.isEmpty()) {
            Path state = context.workDirectory().resolve("state");
            Files.writeString(state, "step 1 of " + options.text());
            context.checkpoints().save(state);
            return sleep(new Options("", options.millis()), context);
        }
        sleep(new Options("", 2_000), context);
        return new StageResult(null, null, Map.of("resumedFrom", TextNode.valueOf(Files.readString(checkpoint.get()))));
    }

    private static StageResult noise(Options options, StageContext context) throws IOException {
        System.out.println("{\"say\":\"ready\"");
        for (int i = 0; i < 100; i++) {
            System.err.println("line " + i);
        }
        return echo(options, context);
    }

    private static StageResult oom(Options options, StageContext context) {
        var hoard = new byte[1 << 16][];
        for (int i = 0; i < hoard.length; i++) {
            hoard[i] = new byte[16 << 20];
        }
        return new StageResult(null, null, Map.of("bytes", LongNode.valueOf(hoard[0].length)));
    }

    /** Takes address space without end, none of it from the Java heap. */
    private static StageResult map(Options options, StageContext context) throws IOException {
        var mapped = new MappedByteBuffer[1 << 16];
        var hole = context.workDirectory().resolve("hole");
        try (var file = new RandomAccessFile(hole.toFile(), "rw")) {
            for (int i = 0; i < mapped.length; i++) {
                mapped[i] = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 1L << 30);
            }
        }
        return new StageResult(null, null, Map.of("bytes", LongNode.valueOf(mapped[0].capacity())));
    }

    private static String pid() {
        return Long.toString(ProcessHandle.current().pid());
    }

    private static void pause(long millis) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}

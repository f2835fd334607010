package dev.millrace.stage;

import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Main class of the child JVM: runs one task after the other, as the worker at the other end of its standard input asks.
 *
 * <p>Answers go to the file that the system property {@value #ANSWERS} names, a descriptor that native libraries do not know
 * of, so that whatever they print cannot break the protocol; without the property they go to standard output. Everything
 * else that is printed goes to standard error. The process ends when its standard input does, because then its worker is
 * gone. Refusals and exceptions end a task; running out of memory ends the process.
 */
public final class StageRunner {
    /** System property: file to write answers to. */
    public static final String ANSWERS = "millrace.child.answers";

    /** System property: what the worker believes to run, given back in the handshake. */
    public static final String CODE = "millrace.child.code";

    /** Exit status after running out of memory. */
    private static final int OUT_OF_MEMORY = 3;

    private final Techniques techniques;
    private final Channel<ToChild, FromChild> worker;
    private final BlockingQueue<ToChild> inbox = new LinkedBlockingQueue<>();

    StageRunner(Techniques techniques, Channel<ToChild, FromChild> worker) {
        this.techniques = techniques;
        this.worker = worker;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var answers = System.getProperty(ANSWERS);
        var out = answers == null ? new FileOutputStream(FileDescriptor.out) : new FileOutputStream(answers);
        System.setOut(System.err);
        var worker = new Channel<ToChild, FromChild>(new FileInputStream(FileDescriptor.in), out, ToChild.class);
        new StageRunner(Techniques.load(), worker).serve();
    }

    private void serve() throws IOException, InterruptedException {
        var listener = new Thread(this::listen, "worker-listener");
        listener.setDaemon(true);
        listener.start();
        worker.write(new FromChild.Ready(
                System.getProperty(CODE, ""), ProcessHandle.current().pid(), techniques.stages()));
        prepare();
        while (true) {
            if (inbox.take() instanceof ToChild.RunTask task) {
                worker.write(answer(task));
            }
        }
    }

    private void prepare() {
        try {
            techniques.prepare();
        } catch (RuntimeException | Error e) { // tasks that need what is missing fail themselves, others do without
            System.err.println("cannot prepare: " + e);
        }
    }

    /** Fills the inbox; ends the process, whatever it is doing, when the worker is gone. */
    private void listen() {
        int status = 0;
        try {
            for (var message = worker.read(); message != null; message = worker.read()) {
                inbox.add(message);
            }
        } catch (IOException e) {
            System.err.println("cannot read from the worker: " + e);
            status = 1;
        }
        Runtime.getRuntime().halt(status);
    }

    private FromChild.Answer answer(ToChild.RunTask task) throws IOException {
        try {
            return run(task, techniques.technique(task.stage(), task.technique()));
        } catch (RefusedException refused) {
            return new FromChild.Refused(refused.problem());
        } catch (OutOfMemoryError e) {
            throw outOfMemory(task, e);
        } catch (IOException e) {
            if (e.getCause() instanceof OutOfMemoryError full) { // no address space left to map a file into
                throw outOfMemory(task, full);
            }
            e.printStackTrace();
            return failed(StorageFull.says(e) ? StorageFull.CODE : "IO_ERROR", task, e);
        } catch (RuntimeException | Error e) { // a bug of the technique or an engine's error: costs this attempt only
            e.printStackTrace();
            return failed(StorageFull.says(e) ? StorageFull.CODE : "STAGE_ERROR", task, e);
        }
    }

    /** Says so and ends the process: who has taken all memory may not give it back. */
    private OutOfMemoryError outOfMemory(ToChild.RunTask task, OutOfMemoryError e) throws IOException {
        e.printStackTrace();
        worker.write(new FromChild.Failed(problem("OUT_OF_MEMORY", task, String.valueOf(e.getMessage())), true));
        Runtime.getRuntime().halt(OUT_OF_MEMORY);
        return e;
    }

    private <O extends Record> FromChild.Succeeded run(ToChild.RunTask task, Technique<O> technique)
            throws IOException {
        var where = task.stage() + ":" + task.technique();
        var options = OptionBinder.bind(where, technique.options(), task.options());
        for (var role : technique.data()) {
            if (!task.data().containsKey(role)) {
                throw new RefusedException(
                        "MISSING_DATA", where, "no " + role + " data", String.join(" and ", technique.data()));
            }
        }
        var result = technique.run(options, new TaskContext(task, worker, this::nextMessage));
        return new FromChild.Succeeded(
                result.model(),
                result.external(),
                result.evaluation(),
                result.report(),
                ResidentSize.peakBytes(),
                result.figures(),
                result.search());
    }

    private ToChild nextMessage() throws IOException {
        try {
            return inbox.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the worker", e);
        }
    }

    private static FromChild.Failed failed(String code, ToChild.RunTask task, Throwable e) {
        return new FromChild.Failed(problem(code, task, e.toString()), false);
    }

    private static Problem problem(String code, ToChild.RunTask task, String found) {
        return new Problem(code, task.stage() + ":" + task.technique(), found, "");
    }
}

package dev.millrace.worker;

import dev.millrace.stage.StageRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a child JVM is started. Where there is a shell, it sets the limits of the process, asks the kernel to end this process
 * before any other when memory is short, and gives answers a descriptor of their own.
 */
record ChildCommand(List<String> words, Map<String, String> environment) {
    private static final Path SHELL = Path.of("/bin/sh");
    private static final String ANSWERS = "/dev/fd/3";

    /**
     * Makes the command.
     *
     * @param javaOptions more options of the child's JVM
     * @param engines where native libraries are unpacked; processes may share it
     */
    static ChildCommand of(ChildClassPath classPath, ChildLimits limits, List<String> javaOptions, Path engines)
            throws IOException {
        var shell = Files.isExecutable(SHELL);
        var words = new ArrayList<String>();
        if (shell) {
            words.addAll(List.of(SHELL.toString(), "-c", script(limits), "millrace-child"));
        }
        words.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + limits.heapBytes(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null", // the summary on standard error is what the log keeps
                "-XX:+DisplayVMOutputToStderr",
                "-Dai.djl.pytorch.graph_optimizer=false",
                "-D" + StageRunner.CODE + "=" + classPath.code()));
        words.addAll(javaOptions);
        if (shell) {
            words.add("-D" + StageRunner.ANSWERS + "=" + ANSWERS);
        }
        words.add(StageRunner.class.getName());
        return new ChildCommand(
                List.copyOf(words), environment(classPath, limits, Files.createDirectories(engines.toAbsolutePath())));
    }

    private static String script(ChildLimits limits) {
        var addressSpace =
                limits.addressSpaceBytes() == 0 ? "" : "ulimit -v " + limits.addressSpaceBytes() / 1024 + "; ";
        return "ulimit -c 0; ulimit -n " + limits.openFiles() + "; " + addressSpace
                + "{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null; "
                + "exec \"$@\" 3>&1 1>&2";
    }

    /**
     * One arena that gives memory back late: the main thread of a JVM otherwise maps and unmaps every large tensor. Threads
     * of OpenMP sleep instead of spinning, because other children run beside this one. Texts of many lengths in bfloat16 need
     * more compiled products than the 1,024 that oneDNN keeps by itself, which would be compiled again and again.
     *
     * <p>The class path is here and not among the words: ONNX Runtime 1.29 matches a regular expression on {@code
     * /proc/self/cmdline}, and a line of some 15 KB overflows the stack of the thread that opens the first session.
     */
    private static Map<String, String> environment(ChildClassPath classPath, ChildLimits limits, Path engines) {
        return Map.of(
                "CLASSPATH", classPath.path(),
                "MALLOC_ARENA_MAX", "1",
                "MALLOC_MMAP_THRESHOLD_", "1073741824",
                "MALLOC_TRIM_THRESHOLD_", "17179869184",
                "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384",
                "OMP_WAIT_POLICY", "passive",
                "OMP_NUM_THREADS", Integer.toString(limits.threads()),
                "DJL_OFFLINE", "true",
                "ENGINE_CACHE_DIR", engines.toString());
    }

    Process start() throws IOException {
        var builder = new ProcessBuilder(words);
        builder.environment().putAll(environment);
        return builder.start();
    }
}

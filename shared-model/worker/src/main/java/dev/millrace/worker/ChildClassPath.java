package dev.millrace.worker;

import dev.millrace.stage.ContentKey;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a child JVM runs: this process's class path without what only the service needs, so that the child starts quickly.
 *
 * @param entries jars and class directories
 * @param code digest of our own classes among them
 * @param versions of our code and of the engines, name to version
 */
record ChildClassPath(List<Path> entries, String code, Map<String, String> versions) {
    private static final String FAST_JAR = "quarkus-run.jar";

    /** Parts of jar names or repository paths, {@code /} read as {@code .}, that no stage uses. */
    private static final List<String> SERVICE_ONLY = List.of(
            "io.quarkus.",
            "io.smallrye.",
            "io.vertx.",
            "io.netty.",
            "io.micrometer.",
            "io.prometheus.",
            "io.grpc.",
            "jakarta.",
            "org.eclipse.",
            "org.jboss.",
            "org.wildfly.",
            "org.apache.kafka.",
            "org.rocksdb.",
            "org.scala-lang.",
            "com.typesafe.scala-logging.",
            "io.reactivex.",
            "org.reactivestreams.",
            "org.apache.logging.",
            "info.picocli.",
            "org.mvnpm.",
            "org.junit.",
            "org.assertj.",
            "com.tngtech.",
            "org.ow2.asm.",
            "net.bytebuddy.",
            "org.mockito.",
            "dev.millrace.millrace-worker",
            "dev.millrace.millrace-gateway",
            "dev.millrace.millrace-orchestrator",
            "dev.millrace.millrace-standalone");

    private static final Pattern VERSIONED = Pattern.compile("(?:.*\\.)?([a-z][a-z0-9-]*?)-(\\d[\\w.+-]*)\\.jar");
    private static final Map<String, String> ENGINES = Map.of(
            "onnxruntime",
            "onnxruntime",
            "onnxruntime_gpu",
            "onnxruntime",
            "ai.djl.api",
            "djl",
            "pytorch-jni",
            "pytorch");

    static ChildClassPath ofThisProcess() throws IOException {
        var classPath = System.getProperty("java.class.path");
        var own = Arrays.stream(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .toList();
        return of(own.size() == 1 && own.get(0).endsWith(FAST_JAR) ? fastJar(own.get(0)) : own);
    }

    static ChildClassPath of(List<Path> classPath) throws IOException {
        var entries = classPath.stream()
                .filter(Files::exists)
                .filter(entry -> SERVICE_ONLY.stream().noneMatch(dotted(entry)::contains))
                .toList();
        var code = digest(entries.stream().filter(ChildClassPath::ours).toList());
        var versions =
                new TreeMap<>(Map.of("millrace", code.substring(0, 12), "java", System.getProperty("java.version")));
        entries.forEach(entry -> ENGINES.forEach((jar, engine) -> {
            var name = VERSIONED.matcher(entry.getFileName().toString());
            var artifact = jar.substring(jar.lastIndexOf('.') + 1);
            if (name.matches()
                    && artifact.equals(name.group(1))
                    && dotted(entry).contains(jar)) {
                versions.put(engine, name.group(2));
            }
        }));
        return new ChildClassPath(entries, code, Map.copyOf(versions));
    }

    /** For {@code java -cp}. */
    String path() {
        return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private static List<Path> fastJar(Path launcher) throws IOException {
        var jars = Stream.<Path>builder();
        for (var part : List.of("app", "lib/main", "lib/boot")) {
            try (var files = Files.list(launcher.resolveSibling(part))) {
                files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(jars);
            }
        }
        return jars.build().toList();
    }

    private static String dotted(Path entry) {
        return entry.toString().replace(File.separatorChar, '.');
    }

    /** Class directories are those of a build that is not packaged. */
    private static boolean ours(Path entry) {
        return Files.isDirectory(entry) || entry.getFileName().toString().contains("millrace-");
    }

    private static String digest(List<Path> entries) throws IOException {
        var key = new ContentKey();
        for (var entry : entries) {
            try (var walk = Files.walk(entry)) {
                for (var file : walk.filter(Files::isRegularFile).sorted().toList()) {
                    key.text(entry.relativize(file)).file(file);
                }
            }
        }
        return key.hex();
    }
}

package dev.millrace.it.deploy;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What the source tree says about services, configuration keys and metrics. */
final class SourceTree {
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final Set<String> NO_STAGE = Set.of("gateway", "orchestrator");
    private static final Pattern KEY = Pattern.compile("(?m)^#? ?(millrace\\.[a-z.-]+)[=:]");
    private static final Pattern INJECTED = Pattern.compile("@ConfigProperty\\(\\s*name = \"([^\"]+)\"");
    private static final Pattern MAPPING = Pattern.compile("@ConfigMapping\\(prefix = \"([^\"]+)\"");
    private static final Pattern METER = Pattern.compile("(?<!name = )\"(millrace\\.[a-z.]+)\"");

    private SourceTree() {}

    /** Services that are deployed on their own. */
    static Set<String> services() throws IOException {
        try (var directories = Files.list(ROOT.resolve("services"))) {
            return directories
                    .filter(directory -> Files.exists(directory.resolve("pom.xml")))
                    .map(directory -> directory.getFileName().toString())
                    .filter(name -> !name.equals("standalone"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Services that work on tasks, named like their stage. */
    static Set<String> stages() throws IOException {
        return services().stream()
                .filter(name -> !NO_STAGE.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Environment variables that set a configuration key of ours, or the one key of Kafka that every service reads. */
    static Set<String> environment() throws IOException {
        var keys = new TreeSet<String>();
        keys.add("kafka.bootstrap.servers");
        for (var file : mainFiles()) {
            var text = Files.readString(file);
            if (file.toString().endsWith("microprofile-config.properties")) {
                KEY.matcher(text).results().forEach(match -> keys.add(match.group(1)));
            } else if (file.toString().endsWith(".java")) {
                INJECTED.matcher(text).results().forEach(match -> keys.add(match.group(1)));
                MAPPING.matcher(text).results().forEach(match -> addKeys(match.group(1), type(file), keys));
            }
        }
        return keys.stream()
                .map(key -> key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Names of the meters that services register. */
    static Set<String> meters() throws IOException {
        var names = new TreeSet<String>();
        for (var file : mainFiles()) {
            if (file.toString().endsWith(".java")) {
                var text = Files.readString(file);
                if (text.contains("MeterRegistry")) {
                    METER.matcher(text).results().forEach(match -> names.add(match.group(1)));
                }
            }
        }
        return names;
    }

    /** A YAML file of one document, anchors and merges resolved. */
    static Object yaml(Path file) throws IOException {
        return loader().load(Files.readString(file));
    }

    /** YAML of many documents. */
    static Stream<Object> documents(String yaml) {
        return StreamSupport.stream(loader().loadAll(yaml).spliterator(), false);
    }

    private static Yaml loader() {
        return new Yaml(new SafeConstructor(new LoaderOptions()));
    }

    private static Class<?> type(Path source) {
        var path = source.toString();
        var name = path.substring(path.indexOf("dev/millrace"), path.length() - ".java".length());
        try {
            return Class.forName(name.replace('/', '.'));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(source + " is not on the class path", e);
        }
    }

    private static void addKeys(String prefix, Class<?> mapping, Set<String> keys) {
        for (Method method : mapping.getDeclaredMethods()) {
            var key = prefix + "."
                    + method.getName().replaceAll("([a-z])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
            if (method.getReturnType().getDeclaringClass() == mapping) {
                addKeys(key, method.getReturnType(), keys);
            } else {
                keys.add(key);
            }
        }
    }

    private static Iterable<Path> mainFiles() throws IOException {
        var files = new TreeSet<Path>();
        for (var group : new String[] {"shared-model", "services"}) {
            try (var paths = Files.walk(ROOT.resolve(group))) {
                paths.filter(path -> path.toString().matches(".*/src/main/.*\\.(java|properties)"))
                        .filter(Files::isRegularFile)
                        .forEach(files::add);
            }
        }
        return files;
    }
}

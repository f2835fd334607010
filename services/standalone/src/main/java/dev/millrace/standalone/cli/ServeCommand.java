package dev.millrace.standalone.cli;

import dev.millrace.message.RefusedException;
import dev.millrace.standalone.DataDirectory;
import dev.millrace.standalone.Standalone;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "serve",
        description = "Runs the broker and all services until it is stopped.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
    static final int PORT = 8321;
    private static final int KAFKA_PORT = 9321;

    @Mixin
    private DataDirectoryOption dataDirectory = new DataDirectoryOption();

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "Port of the HTTP interface on the loopback interface; 0 takes a free one. Default: " + PORT)
    private int port = PORT;

    @Option(
            names = "--kafka-port",
            paramLabel = "N",
            description = "Port of the broker on the loopback interface; 0 takes a free one. Default: " + KAFKA_PORT)
    private int kafkaPort = KAFKA_PORT;

    @Option(
            names = "--root",
            paramLabel = "PATH",
            description =
                    "File or directory that file: addresses in requests may point into; may be given several times.")
    private List<Path> roots = List.of();

    private final Terminal terminal;

    ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        DataDirectory directory = dataDirectory.value();
        try (var held = directory.holdServer().orElseThrow(() -> taken(directory))) {
            return new Standalone(directory, held.directory(), port, kafkaPort, realPaths(), Level.INFO)
                    .run((gateway, broker) -> {
                        held.publish(gateway);
                        terminal.out().println("millrace serves " + gateway + ", Kafka " + broker);
                        Quarkus.waitForExit();
                        return ExitStatus.DONE;
                    });
        }
    }

    private List<Path> realPaths() throws IOException {
        List<Path> real = new ArrayList<>();
        for (Path root : roots) {
            real.add(terminal.directory().resolve(root).toRealPath());
        }
        return real;
    }

    private static RefusedException taken(DataDirectory directory) {
        return new RefusedException(
                "DATA_DIRECTORY_IN_USE",
                directory.path().toString(),
                "another process serves it",
                "stop that one, or choose another --data-dir");
    }
}

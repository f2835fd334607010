package dev.millrace.standalone.cli;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whom to talk to. */
final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "URL",
            description =
                    "Where the server answers. Default: the one that serves the data directory, and the compress commands"
                            + " at work in it.")
    private @Nullable URI server;

    @Mixin
    private DataDirectoryOption dataDirectory = new DataDirectoryOption();

    /** The server. */
    Gateway gateway() throws IOException {
        return gateways().get(0);
    }

    /** Whoever knows the job; the server, if nobody does. */
    Gateway gateway(String jobId) throws IOException, InterruptedException {
        var all = gateways();
        for (var gateway : all.subList(1, all.size())) {
            if (gateway.knows(jobId)) {
                return gateway;
            }
        }
        return all.get(0);
    }

    /** The server first, unless there is none but commands at work. */
    List<Gateway> gateways() throws IOException {
        if (server != null) {
            return List.of(new Gateway(server));
        }
        var addresses = new ArrayList<URI>();
        dataDirectory.value().serverAddress().ifPresent(addresses::add);
        addresses.addAll(dataDirectory.value().runAddresses());
        if (addresses.isEmpty()) {
            addresses.add(URI.create("http://127.0.0.1:" + ServeCommand.PORT));
        }
        return addresses.stream().map(Gateway::new).toList();
    }
}

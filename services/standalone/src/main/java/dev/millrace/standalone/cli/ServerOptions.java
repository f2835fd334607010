package dev.millrace.standalone.cli;

import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which server to talk to. */
final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "Where the server answers. Default: the one that serves the data directory.")
    private @Nullable URI server;

    @Mixin
    private DataDirectoryOption dataDirectory = new DataDirectoryOption();

    Gateway gateway() throws IOException {
        return new Gateway(
                server != null
                        ? server
                        : dataDirectory
                                .value()
                                .serverAddress()
                                .orElse(URI.create("http://127.0.0.1:" + ServeCommand.PORT)));
    }
}

package dev.millrace.standalone.cli;

import java.io.IOException;
import java.nio.file.Path;

/** Turns a file or directory of the user into an address that the services can read. */
@FunctionalInterface
interface Addresses {
    /**
     * @param file exists, absolute, without symbolic links
     * @throws dev.millrace.message.RefusedException if the services cannot be given it
     */
    String of(Path file) throws IOException;
}

package dev.millrace.standalone.cli;

import java.io.FileNotFoundException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Files as one {@code multipart/form-data} body (RFC 7578) that is streamed. */
final class Multipart {
    private final String boundary = UUID.randomUUID().toString();
    private final List<BodyPublisher> parts = new ArrayList<>();

    void add(String name, Path file) throws FileNotFoundException {
        parts.add(
                BodyPublishers.ofString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + escaped(name)
                        + "\"; filename=\"" + escaped(name) + "\"\r\nContent-Type: application/octet-stream\r\n\r\n"));
        parts.add(BodyPublishers.ofFile(file));
        parts.add(BodyPublishers.ofString("\r\n"));
    }

    String contentType() {
        return "multipart/form-data; boundary=" + boundary;
    }

    BodyPublisher body() {
        List<BodyPublisher> all = new ArrayList<>(parts);
        all.add(BodyPublishers.ofString("--" + boundary + "--\r\n"));
        return BodyPublishers.concat(all.toArray(BodyPublisher[]::new));
    }

    private static String escaped(String name) {
        return name.replace("\"", "%22").replace("\r", "%0D").replace("\n", "%0A");
    }
}

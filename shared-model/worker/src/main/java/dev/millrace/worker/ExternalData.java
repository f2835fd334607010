package dev.millrace.worker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a model file refers to files beside it. A service does not parse models, so this looks for the word that ONNX
 * writes before every such file name: it may see one where there is none, it never misses one.
 */
final class ExternalData {
    private static final byte[] KEY = "location".getBytes(StandardCharsets.US_ASCII);
    private static final int BUFFER_BYTES = 1 << 18;

    private ExternalData() {}

    static boolean mayBeIn(Path model) throws IOException {
        try (InputStream in = Files.newInputStream(model)) {
            var buffer = new byte[BUFFER_BYTES];
            int matched = 0;
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    if (buffer[i] == KEY[matched]) {
                        matched++;
                    } else {
                        matched = buffer[i] == KEY[0] ? 1 : 0; // the word begins nowhere inside itself
                    }
                    if (matched == KEY.length) {
                        return true;
                    }
                }
            }
            return false;
        }
    }
}

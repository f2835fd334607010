package dev.millrace.standalone.cli;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.gate.ModelGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Models named on the command line. */
final class ModelFile {
    private ModelFile() {}

    /** @throws RefusedException if there is no such file, or Millrace does not take the model */
    static Model open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new RefusedException("NOT_FOUND", "MODEL", "no file at " + file, "an ONNX file");
        }
        return ModelGate.open(file);
    }
}

package dev.millrace.onnx.gate;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The one way in for models from outside. */
public final class ModelGate {
    private ModelGate() {}

    /**
     * Checks a model file.
     *
     * @throws RefusedException with a stable code if the model must not reach native code
     * @throws IOException if the file cannot be read
     */
    public static void check(Path file, Limits limits) throws IOException {
        open(file, limits);
    }

    /** Checks a model file against {@link Limits#configured} and returns the model. */
    public static Model open(Path file) throws IOException {
        return open(file, Limits.configured());
    }

    /**
     * Checks a model file and returns the model, so that it is parsed once.
     *
     * @throws RefusedException with a stable code if the model must not reach native code
     * @throws IOException if the file cannot be read
     */
    public static Model open(Path file, Limits limits) throws IOException {
        var name = file.getFileName().toString();
        if (!Files.isRegularFile(file)) {
            throw new RefusedException("MODEL_MISSING", name, "no regular file", "an ONNX file");
        }
        long size = Files.size(file);
        if (size == 0) {
            throw new RefusedException("MODEL_EMPTY", name, "0 bytes", "an ONNX file");
        }
        if (size > limits.fileBytes()) {
            throw new RefusedException("MODEL_TOO_LARGE", name, size + " bytes", limits.fileBytes() + " bytes");
        }
        var model = Model.read(file);
        check(model, limits);
        return model;
    }

    /** Checks a model that is already read or was built in memory. */
    public static void check(Model model, Limits limits) {
        if (model.graph().outputs().isEmpty()) {
            throw new RefusedException("MODEL_EMPTY", "model", "a graph without outputs", "at least one output");
        }
        if (model.opsets().isEmpty()) {
            throw new RefusedException("OPSET_MISSING", "model", "no operator set imported", "at least one");
        }
        var functions = new FunctionCheck(model, limits);
        functions.check();
        var graphs = new GraphCheck(limits, functions.domains());
        graphs.check(model.graph());
        model.functions().forEach(function -> graphs.check(function.body()));
    }
}

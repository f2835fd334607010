package dev.millrace.engine.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.message.RefusedException;
import java.nio.file.Path;
import java.util.Arrays;

/** A loaded TorchScript archive and its methods. */
final class TorchModule implements AutoCloseable {
    private final PtNDManager manager;
    private final PtSymbolBlock block;
    private final int threads;
    private boolean training;

    private TorchModule(PtNDManager manager, PtSymbolBlock block, int threads) {
        this.manager = manager;
        this.block = block;
        this.threads = threads;
    }

    /**
     * Loads an archive.
     *
     * @throws RefusedException {@code SCRIPT_REJECTED} with libtorch's words if it does not compile
     */
    static TorchModule load(Path archive, int threads) {
        var manager = (PtNDManager) Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        try {
            var none = new String[0];
            return new TorchModule(manager, JniUtils.loadModule(manager, archive, false, none, none, true), threads);
        } catch (RuntimeException e) {
            manager.close();
            throw new RefusedException(
                    "SCRIPT_REJECTED",
                    "libtorch",
                    String.valueOf(e.getMessage()).strip(),
                    "a graph whose operators fit together");
        }
    }

    /** An owner of arrays for one call; close it when its results have been read. */
    PtNDManager scope() {
        return (PtNDManager) manager.newSubManager();
    }

    /** Whether {@code self.training} is set: dropout drops, batch statistics are used. */
    void training(boolean on) {
        if (on != training) {
            if (on) {
                JniUtils.enableTrainingMode(block);
            } else {
                JniUtils.enableInferenceMode(block);
            }
            training = on;
        }
    }

    /** Calls a method that returns a list of tensors; they belong to {@code scope}. */
    NDList call(PtNDManager scope, String method, boolean gradients, IValue... arguments) {
        JniUtils.setGraphExecutorOptimize(false);
        if (JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
        JniUtils.setGradMode(gradients);
        try (var result = IValueUtils.runMethod(block, method, arguments)) {
            return new NDList(result.toTensorArray(scope));
        } finally {
            JniUtils.setGradMode(false);
            Arrays.stream(arguments).forEach(IValue::close);
        }
    }

    /** As {@link #call(PtNDManager, String, boolean, IValue...)} with one list of tensors as the argument. */
    NDList call(PtNDManager scope, String method, PtNDArray... list) {
        return call(scope, method, false, IValue.listFrom(list));
    }

    @Override
    public void close() {
        block.close();
        manager.close();
    }
}

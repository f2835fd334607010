package dev.millrace.engine.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.message.RefusedException;
import java.nio.file.Path;
import java.util.List;

/** A loaded TorchScript archive and its methods. */
public final class TorchModule implements AutoCloseable {
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
    public static TorchModule load(Path archive, int threads) {
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
    public PtNDManager scope() {
        return (PtNDManager) manager.newSubManager();
    }

    /** Whether {@code self.training} is set: dropout drops, batch statistics are used. */
    public void training(boolean on) {
        if (on != training) {
            if (on) {
                JniUtils.enableTrainingMode(block);
            } else {
                JniUtils.enableInferenceMode(block);
            }
            training = on;
        }
    }

    /** Seeds libtorch's random numbers, which are the process's. */
    public void seed(long seed) {
        JniUtils.setSeed(seed);
    }

    /**
     * Calls a method that returns a list of tensors; they belong to {@code scope}.
     *
     * @param gradients whether the method asks for gradients
     * @param arguments one tensor each, or tensors of one list named by {@link #listed}
     */
    public NDList call(PtNDManager scope, String method, boolean gradients, List<NDArray> arguments) {
        JniUtils.setGraphExecutorOptimize(false);
        if (JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
        var name = scope.create(0);
        name.setName("module_method:" + method); // how DJL picks a method; the number is not passed on
        var all = new NDList(name);
        all.addAll(arguments);
        JniUtils.setGradMode(gradients);
        try {
            return IValueUtils.forward(block, all, gradients);
        } finally {
            JniUtils.setGradMode(false);
        }
    }

    /** Marks an array as an element of a list argument. */
    public static NDArray listed(NDArray array, String list) {
        array.setName(list + "[]");
        return array;
    }

    @Override
    public void close() {
        block.close();
        manager.close();
    }
}

package dev.millrace.quantization;

import dev.millrace.onnx.Model;
import dev.millrace.quantization.block.BlockedMatrix;

/** How weights in blocks are written into a graph. */
enum BlockFormat {
    /**
     * ONNX Runtime's own operators MatMulNBits and GatherBlockQuantized, domain {@code com.microsoft}: computed on the
     * packed weights, any opset from 13.
     */
    MAT_MUL_N_BITS(13) {
        @Override
        void write(Model model, BlockPlan.Entry entry, BlockedMatrix matrix) {
            model.setOpset("com.microsoft", 1);
            new MatMulNBits(entry, matrix).write();
        }
    },

    /** Standard DequantizeLinear with a block size, opset 21, which a runtime may fuse with what follows. */
    DEQUANTIZE_LINEAR(21) {
        @Override
        void write(Model model, BlockPlan.Entry entry, BlockedMatrix matrix) {
            DequantizeBlocks.write(entry.graph(), matrix);
        }
    };

    private final long leastOpset;

    BlockFormat(long leastOpset) {
        this.leastOpset = leastOpset;
    }

    long leastOpset() {
        return leastOpset;
    }

    /** Replaces a weight and what reads it; dead nodes and constants stay. */
    abstract void write(Model model, BlockPlan.Entry entry, BlockedMatrix matrix);
}

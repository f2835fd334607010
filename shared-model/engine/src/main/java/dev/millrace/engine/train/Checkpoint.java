package dev.millrace.engine.train;

import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A run between two steps: enough to go on to the same bytes.
 *
 * @param step steps done
 * @param epoch number of the epoch it is in
 * @param batch batches of it that are done
 * @param elapsed time spent
 * @param best score of the best weights, higher is better
 * @param worse validations since the best one
 * @param revisions of the model that are done
 * @param learningRate the highest one
 * @param bfloat16 whether products are computed in bfloat16
 * @param tensors weights, statistics, optimizer state and best weights
 */
record Checkpoint(
        long step,
        long epoch,
        long batch,
        Duration elapsed,
        double best,
        int worse,
        int revisions,
        double learningRate,
        boolean bfloat16,
        List<Value> tensors) {
    private static final int MAGIC = 0x4d54_4334; // "MTC4"

    void write(Path file) throws IOException {
        try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
            out.writeInt(MAGIC);
            out.writeLong(step);
            out.writeLong(epoch);
            out.writeLong(batch);
            out.writeLong(elapsed.toMillis());
            out.writeDouble(best);
            out.writeInt(worse);
            out.writeInt(revisions);
            out.writeDouble(learningRate);
            out.writeBoolean(bfloat16);
            out.writeInt(tensors.size());
            var channel = Channels.newChannel(out);
            for (var tensor : tensors) {
                out.writeInt(tensor.type().code());
                out.writeInt(tensor.rank());
                for (long dim : tensor.dims()) {
                    out.writeLong(dim);
                }
                var bytes = tensor.bytes();
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        }
    }

    /** @throws RefusedException {@code CHECKPOINT_MALFORMED} if the file is of another kind or cut short */
    static Checkpoint read(Path file) throws IOException {
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            if (in.readInt() != MAGIC) {
                throw malformed(file, "no training checkpoint");
            }
            long step = in.readLong();
            long epoch = in.readLong();
            long batch = in.readLong();
            var elapsed = Duration.ofMillis(in.readLong());
            double best = in.readDouble();
            int worse = in.readInt();
            int revisions = in.readInt();
            double learningRate = in.readDouble();
            boolean bfloat16 = in.readBoolean();
            int count = in.readInt();
            var tensors = new ArrayList<Value>();
            var channel = Channels.newChannel(in);
            for (int i = 0; i < count; i++) {
                var type = DataType.of(in.readInt());
                var dims = new long[in.readInt()];
                for (int axis = 0; axis < dims.length; axis++) {
                    dims[axis] = in.readLong();
                }
                var value = Value.zeros(type, dims);
                var bytes = value.bytes();
                while (bytes.hasRemaining()) {
                    if (channel.read(bytes) < 0) {
                        throw malformed(file, "cut short");
                    }
                }
                tensors.add(value);
            }
            return new Checkpoint(step, epoch, batch, elapsed, best, worse, revisions, learningRate, bfloat16, tensors);
        }
    }

    private static RefusedException malformed(Path file, String found) {
        return new RefusedException(
                "CHECKPOINT_MALFORMED", String.valueOf(file.getFileName()), found, "a checkpoint of training");
    }
}

package dev.millrace.onnx.script;

import dev.millrace.onnx.TensorData;
import dev.millrace.onnx.op.Prelude;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes TorchScript archives: a zip of stored entries with the class source, the pickled module and the raw tensors.
 *
 * <p>Format: {@code torch/csrc/jit/serialization} of PyTorch 2.7. Tensors are streamed from where the graph has them.
 */
public final class ScriptArchive {
    /** File format of PyTorch 1.12 and later; older numbers change what some operators mean. */
    private static final String VERSION = "10\n";

    private static final byte[] LITTLE = "little".getBytes(StandardCharsets.UTF_8);

    private ScriptArchive() {}

    /**
     * Writes a module with the compiled {@code forward} and further methods.
     *
     * @param methods source of each, indented as class members
     * @param state names of further tensor attributes, empty at first, that the methods assign
     */
    public static void write(Path file, Script script, List<String> methods, List<String> state) throws IOException {
        try (var zip = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "data.pkl", module(script, state));
            for (int i = 0; i < script.slots().size(); i++) {
                put(zip, "data/" + i, script.slots().get(i));
            }
            put(zip, "data/" + script.slots().size(), new byte[0]);
            put(zip, "code/__torch__.py", source(script, methods, state).getBytes(StandardCharsets.UTF_8));
            put(zip, "code/__torch__/op.py", Prelude.source().getBytes(StandardCharsets.UTF_8));
            put(zip, "constants.pkl", Pickle.emptyTuple());
            put(zip, "version", VERSION.getBytes(StandardCharsets.UTF_8));
            put(zip, "byteorder", LITTLE);
        }
    }

    /** The class of the module, as it is in the archive. */
    public static String source(Script script, List<String> methods, List<String> state) {
        var parameters = script.slots().stream().filter(Slot::trained).map(Slot::name);
        var buffers = script.slots().stream().filter(slot -> !slot.trained()).map(Slot::name);
        var code = new StringBuilder("class Net(Module):\n");
        code.append("  __parameters__ = [").append(quoted(parameters)).append("]\n");
        code.append("  __buffers__ = [")
                .append(quoted(java.util.stream.Stream.concat(buffers, state.stream())))
                .append("]\n");
        code.append("  training : bool\n  batch_statistics : bool\n");
        script.slots().forEach(slot -> code.append("  ").append(slot.name()).append(" : Tensor\n"));
        state.forEach(name -> code.append("  ").append(name).append(" : Tensor\n"));
        code.append(Prelude.qualified(script.forward()));
        methods.forEach(method -> code.append(Prelude.qualified(method)));
        return code.toString();
    }

    private static String quoted(java.util.stream.Stream<String> names) {
        return names.map(name -> '"' + name + "\", ").collect(Collectors.joining());
    }

    private static byte[] module(Script script, List<String> state) {
        var pickle = new Pickle().beginObject("__torch__", "Net");
        pickle.text("training").bool(false);
        pickle.text("batch_statistics").bool(script.batchStatistics());
        var slots = script.slots();
        for (int i = 0; i < slots.size(); i++) {
            var slot = slots.get(i);
            var dims = slot.tensor().dims();
            var strides = slot.channelsLast() ? channelsLastStrides(dims) : strides(dims);
            pickle.text(slot.name())
                    .tensor(
                            slot.type().storage(),
                            Integer.toString(i),
                            slot.tensor().elements(),
                            dims,
                            strides,
                            slot.trained());
        }
        state.forEach(name -> pickle.text(name)
                .tensor(
                        TorchType.FLOAT32.storage(),
                        Integer.toString(slots.size()),
                        0,
                        new long[] {0},
                        new long[] {1},
                        false));
        return pickle.endObject().bytes();
    }

    private static long[] strides(long[] dims) {
        var strides = new long[dims.length];
        long step = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= Math.max(1, dims[axis]);
        }
        return strides;
    }

    /** Strides of dims {@code (O, I, H, W)} whose elements lie as {@code (O, H, W, I)}. */
    private static long[] channelsLastStrides(long[] dims) {
        return new long[] {dims[1] * dims[2] * dims[3], 1, dims[3] * dims[1], dims[1]};
    }

    private static void put(ZipOutputStream zip, String name, Slot slot) throws IOException {
        var data = slot.type().convert(slot.initial());
        long size = slot.type().dataType().sizeBytes(slot.tensor().elements());
        if (slot.channelsLast()) {
            var plain = data;
            data = TensorData.computed(() -> channelsLast(
                    plain.read(0, Math.toIntExact(size)),
                    slot.tensor().dims(),
                    slot.type().dataType().bits() / 8));
        }
        var crc = new CRC32();
        data.transferTo(new Checksum(crc), size);
        begin(zip, name, size, crc);
        data.transferTo(Channels.newChannel(zip), size);
        zip.closeEntry();
    }

    private static ByteBuffer channelsLast(ByteBuffer from, long[] dims, int elementBytes) {
        int channels = Math.toIntExact(dims[1]);
        int pixels = Math.toIntExact(dims[2] * dims[3]);
        var into = ByteBuffer.allocate(from.remaining());
        for (int o = 0; o < dims[0]; o++) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                for (int channel = 0; channel < channels; channel++) {
                    int element = (o * channels + channel) * pixels + pixel;
                    for (int k = 0; k < elementBytes; k++) {
                        into.put(from.get(element * elementBytes + k));
                    }
                }
            }
        }
        return into.rewind();
    }

    private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        var crc = new CRC32();
        crc.update(bytes);
        begin(zip, name, bytes.length, crc);
        zip.write(bytes);
        zip.closeEntry();
    }

    /** Stored entries need size and checksum in front. */
    private static void begin(ZipOutputStream zip, String name, long size, CRC32 crc) throws IOException {
        var entry = new ZipEntry("net/" + name);
        entry.setSize(size);
        entry.setCompressedSize(size);
        entry.setCrc(crc.getValue());
        entry.setTime(0);
        zip.putNextEntry(entry);
    }

    private record Checksum(CRC32 crc) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer piece) {
            int length = piece.remaining();
            crc.update(piece);
            return length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}

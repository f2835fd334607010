package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.gate.Limits;
import dev.millrace.onnx.gate.ModelGate;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model of 4 GiB is edited in a JVM of 256 MiB. Writes 4 GiB, so it runs on request: {@code mvn verify -pl
 * shared-model/onnx -am -Dit.test=LargeModelIT -Dmillrace.large=true}.
 */
@EnabledIfSystemProperty(named = "millrace.large", matches = "true")
class LargeModelIT {
    private static final int TENSORS = 16;
    private static final long ELEMENTS = 1L << 26;
    private static final long RESIDENT_BYTES = 1L << 30;

    @TempDir
    Path directory;

    @Test
    void weightsOfFourGibibytesAreEditedInAQuarterOfOne() throws Exception {
        var original = directory.resolve("model.onnx");
        writeSparseFile(original);
        var edited = directory.resolve("edited.onnx");
        var log = directory.resolve("log");
        var child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LargeModelIT.class.getName(),
                        original.toString(),
                        edited.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();

        assertThat(child.waitFor(10, TimeUnit.MINUTES)).isTrue();

        var output = Files.readString(log);
        assertThat(child.exitValue()).as(output).isZero();
        long resident = Long.parseLong(output.replaceAll("(?s).*VmHWM:\\s+(\\d+) kB.*", "$1")) << 10;
        System.out.println(output.strip());
        assertThat(resident).as("peak resident bytes").isLessThan(RESIDENT_BYTES);
        assertThat(Files.size(directory.resolve("edited.onnx.data"))).isGreaterThanOrEqualTo(TENSORS * ELEMENTS * 4);
        var weight = ModelGate.open(edited).graph().initializer("w15").orElseThrow();
        assertThat(weight.floats(ELEMENTS - 2, 2)).containsExactly(1, 1);
    }

    /** A model of {@value #TENSORS} tensors whose data is one hole of a file. */
    private static void writeSparseFile(Path file) throws IOException {
        var small = new ModelBuilder(17);
        small.input("x", DataType.FLOAT, 1L << 13);
        var value = "x";
        for (int i = 0; i < TENSORS; i++) {
            var hole = Tensor.of("w" + i, DataType.FLOAT, new Hole(), 1L << 13, 1L << 13);
            value = small.node("MatMul", List.of(value, small.initializer(hole)));
        }
        small.output(value, DataType.FLOAT, 1L << 13);
        small.build().writeExternal(file);
        try (var data = new RandomAccessFile(file + ".data", "rw")) {
            data.setLength(TENSORS * ELEMENTS * 4);
        }
    }

    /** Zeros that are skipped, not written, so that the file takes no space. */
    private static final class Hole implements TensorData {
        @Override
        public ByteBuffer read(long offset, int length) {
            return ByteBuffer.allocate(length);
        }

        @Override
        public void transferTo(java.nio.channels.WritableByteChannel out, long size) throws IOException {
            var file = (java.nio.channels.FileChannel) out;
            file.position(file.position() + size);
        }
    }

    /** The child: adds one to every weight. */
    public static void main(String[] arguments) throws IOException {
        long start = System.nanoTime();
        var model = ModelGate.open(Path.of(arguments[0]), Limits.DEFAULT);
        System.out.printf("read and gated in %d ms%n", (System.nanoTime() - start) / 1_000_000);
        for (var weight : List.copyOf(model.graph().initializers())) {
            model.graph()
                    .put(weight.withData(
                            (offset, length) -> plusOne(weight.data().read(offset, length))));
        }
        model.write(Path.of(arguments[1]));
        System.out.printf("edited and written in %d ms%n", (System.nanoTime() - start) / 1_000_000);
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            System.out.println(Objects.requireNonNull(
                    lines.filter(line -> line.startsWith("VmHWM")).findFirst().orElse(null)));
        }
    }

    private static ByteBuffer plusOne(ByteBuffer bytes) {
        var from = bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        var into = ByteBuffer.allocate(bytes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        var floats = into.asFloatBuffer();
        while (from.hasRemaining()) {
            floats.put(from.get() + 1);
        }
        return into;
    }
}

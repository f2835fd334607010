package dev.millrace.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackerTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(SampleTensors.class)
    void givesBackEveryKindOfTensor(SampleTensors sample) throws IOException {
        var model = directory.resolve("model.onnx");
        sample.model().write(model);

        assertComesBack(model, Coding.MODELLED);
        assertComesBack(model, Coding.HUFFMAN);
    }

    @ParameterizedTest
    @EnumSource(
            value = SampleTensors.class,
            names = {"ODD_FLOATS", "INT64", "CONSTANT"},
            mode = EnumSource.Mode.EXCLUDE)
    void isSmallerThanDeflate(SampleTensors sample) throws IOException {
        var model = directory.resolve("model.onnx");
        sample.model().write(model);

        assertThat(pack(model, Coding.MODELLED).packedBytes()).isLessThan(deflated(model) + Format.DIGEST_BYTES);
    }

    @Test
    void givesBackWholeModels() throws IOException {
        for (var tiny : new Model[] {TinyModels.mlp(), TinyModels.cnn(), TinyModels.branches()}) {
            var model = directory.resolve("model.onnx");
            tiny.write(model);

            assertComesBack(model, Coding.MODELLED);
            assertComesBack(model, Coding.HUFFMAN);
        }
    }

    @Test
    void givesBackExternalDataInItsFolder() throws IOException {
        var model = directory.resolve("model.onnx");
        SampleTensors.PRUNED.model().writeExternal(model);
        var external = Model.read(model).externalFiles().get(0);
        var packed = directory.resolve("model.mpk");

        Packer.pack(model, packed, Coding.MODELLED);
        var copy = Files.createDirectory(directory.resolve("copy")).resolve("other-name.onnx");
        Unpacker.unpack(packed, copy);

        assertThat(copy).hasSameBinaryContentAs(model);
        assertThat(copy.resolveSibling(external)).hasSameBinaryContentAs(model.resolveSibling(external));
    }

    @Test
    void codesTensorsOfManyBlocksInOneGo() throws IOException {
        var noise = new byte[3 * Format.BLOCK_BYTES + 5];
        new Random(1).nextBytes(noise);
        var model = write(
                tensor(1, new byte[2 * Format.BLOCK_BYTES + 16]),
                tensor(3, noise),
                tensor(8, new byte[100]),
                noise(77));

        assertComesBack(model, Coding.MODELLED);
        assertComesBack(model, Coding.HUFFMAN);
        assertThat(pack(model, Coding.MODELLED).packedBytes()).isLessThan(noise.length + 1000);
    }

    @Test
    void repeatedTensorsCostNothing() throws IOException {
        var noise = new byte[Format.BLOCK_BYTES + 80_000];
        new Random(3).nextBytes(noise);
        var small = new byte[4000];
        new Random(4).nextBytes(small);
        var model = write(tensor(1, noise), tensor(1, small), tensor(1, small), tensor(1, noise), tensor(1, noise));

        assertComesBack(model, Coding.MODELLED);
        assertThat(pack(model, Coding.MODELLED).packedBytes()).isLessThan(noise.length + small.length + 500);
    }

    @Test
    void positionsOfNonZerosCostTheirEntropy() throws IOException {
        var model = directory.resolve("model.onnx");
        SampleTensors.PRUNED_AND_CLUSTERED.model().write(model);
        double share = 0.02;
        double bits =
                -share * Math.log(share) / Math.log(2) - (1 - share) * Math.log(1 - share) / Math.log(2) + share * 4;
        long elements = SampleTensors.ROWS * SampleTensors.COLUMNS;

        long frame = 350; // the graph, the codebook, heads and digests
        assertThat(pack(model, Coding.MODELLED).packedBytes())
                .isLessThan((long) (1.3 * bits * elements / Byte.SIZE) + frame);
    }

    @Test
    void sameModelGivesSameBytes() throws IOException {
        var model = directory.resolve("model.onnx");
        TinyModels.cnn().write(model);
        pack(model, Coding.MODELLED);
        var first = Files.readAllBytes(directory.resolve("model.mpk"));
        pack(model, Coding.MODELLED);

        assertThat(directory.resolve("model.mpk")).hasBinaryContent(first);
    }

    @Test
    void refusesWhatIsNoModel() throws IOException {
        var text = Files.writeString(directory.resolve("README.md"), "# Not a model\n");
        var empty = Files.createFile(directory.resolve("empty.onnx"));

        assertThatThrownBy(() -> Packer.pack(text, directory.resolve("out"), Coding.MODELLED))
                .isInstanceOf(PackException.class);
        assertThatThrownBy(() -> Packer.pack(empty, directory.resolve("out"), Coding.MODELLED))
                .isInstanceOfSatisfying(
                        PackException.class, e -> assertThat(e.code()).isEqualTo("NOT_ONNX"));
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactlyInAnyOrder(text, empty);
        }
    }

    @Test
    void refusesExternalDataElsewhere() throws IOException {
        for (var path : new String[] {"../secret", "/etc/hostname", "model.onnx", "a\\b", "."}) {
            var model = write(external(path));

            assertThatThrownBy(() -> Packer.pack(model, directory.resolve("out"), Coding.MODELLED))
                    .isInstanceOfSatisfying(
                            PackException.class, e -> assertThat(e.code()).isEqualTo("EXTERNAL_DATA_PATH"));
        }
    }

    private PackedModel pack(Path model, Coding coding) throws IOException {
        return Packer.pack(model, directory.resolve("model.mpk"), coding);
    }

    private void assertComesBack(Path model, Coding coding) throws IOException {
        var packed = directory.resolve("model.mpk");
        var result = Packer.pack(model, packed, coding);
        assertThat(packed).hasSize(result.packedBytes());
        assertThat(result.sizeBytes()).isEqualTo(Files.size(model));
        var copy = directory.resolve("copy.onnx");
        Unpacker.unpack(new ByteArrayInputStream(Files.readAllBytes(packed)), copy);
        assertThat(copy).hasSameBinaryContentAs(model);
        try (var left = Stream.of(directory.toFile().list())) {
            assertThat(left).noneMatch(name -> name.endsWith(".part"));
        }
    }

    private static long deflated(Path file) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(bytes, new Deflater(Deflater.BEST_COMPRESSION))) {
            Files.copy(file, out);
        }
        return bytes.size();
    }

    /** A model of initializers that nobody uses, written field by field. */
    private Path write(byte[]... fields) throws IOException {
        var graph = new ByteArrayOutputStream();
        for (var field : fields) {
            graph.writeBytes(field);
        }
        return Files.write(directory.resolve("model.onnx"), field(7, graph.toByteArray()));
    }

    private static byte[] tensor(int type, byte[] raw) {
        return field(5, join(new byte[] {2 << 3, (byte) type}, field(9, raw)));
    }

    private static byte[] external(String path) {
        var location = join(field(1, "location".getBytes(UTF_8)), field(2, path.getBytes(UTF_8)));
        return field(5, join(new byte[] {2 << 3, 1}, field(13, location)));
    }

    /** A documentation string. */
    private static byte[] noise(int length) {
        var text = new byte[length];
        new Random(2).nextBytes(text);
        return field(10, text);
    }

    private static byte[] field(int number, byte[] value) {
        var out = new ByteArrayOutputStream();
        out.write(number << 3 | 2);
        int length = value.length;
        for (; length > 0x7f; length >>>= 7) {
            out.write((length & 0x7f) | 0x80);
        }
        out.write(length);
        out.writeBytes(value);
        return out.toByteArray();
    }

    private static byte[] join(byte[] first, byte[] second) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(first);
        out.writeBytes(second);
        return out.toByteArray();
    }
}

package dev.millrace.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.pack.planes.Length24;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnpackerTest {
    @TempDir
    Path directory;

    private Path target;

    @BeforeEach
    void anOlderModelIsThere() throws IOException {
        target = Files.writeString(
                Files.createDirectory(directory.resolve("target")).resolve("model.onnx"), "older");
    }

    @ParameterizedTest
    @EnumSource(Coding.class)
    void noticesDamagedBytes(Coding coding) throws IOException {
        var packed = packed(coding);
        for (int i = 0; i < packed.length; i += i < 64 ? 1 : 13) {
            var damaged = packed.clone();
            damaged[i] ^= (byte) (1 << i % Byte.SIZE);

            assertRefused(damaged);
        }
    }

    @ParameterizedTest
    @EnumSource(Coding.class)
    void noticesAMissingEnd(Coding coding) throws IOException {
        var packed = packed(coding);
        for (int length = 0; length < packed.length; length += 97) {
            assertRefused(Arrays.copyOf(packed, length));
        }
        assertRefused(Arrays.copyOf(packed, packed.length + 1));
    }

    /** Right checksums over nonsense: what an attacker would send. */
    @ParameterizedTest
    @EnumSource(Format.Method.class)
    void refusesNonsenseOfEveryMethod(Format.Method method) throws IOException {
        var random = new Random(method.number);
        for (int i = 0; i < 20; i++) {
            var payload = new byte[1 + random.nextInt(200)];
            random.nextBytes(payload);
            int length = payload.length + random.nextInt(3000);

            assertRefused(container("", length, block(method.number, length, payload)));
        }
    }

    @Test
    void refusesBlocksAboveTheBound() throws IOException {
        int length = Format.BLOCK_BYTES + 1;

        assertRefused(container("", length, block(0, length, new byte[length])));
    }

    @Test
    void refusesOtherVersions() throws IOException {
        var packed = packed(Coding.MODELLED);
        packed[4] = 2;

        assertThatThrownBy(() -> unpack(packed))
                .isInstanceOfSatisfying(
                        PackException.class, e -> assertThat(e.code()).isEqualTo("PACK_VERSION"));
    }

    @Test
    void refusesFilesElsewhere() throws IOException {
        for (var path : new String[] {"../model.data", "/tmp/model.data", "model.onnx", "a/../../b", ""}) {
            assertRefused(container(path, 1, block(0, 1, new byte[1])));
        }
        assertThat(directory.resolve("model.data")).doesNotExist();
    }

    private byte[] packed(Coding coding) throws IOException {
        var model = directory.resolve("model.onnx");
        TinyModels.mlp().write(model);
        var file = directory.resolve("model.mpk");
        Packer.pack(model, file, coding);
        return Files.readAllBytes(file);
    }

    private void unpack(byte[] packed) throws IOException {
        Unpacker.unpack(new ByteArrayInputStream(packed), target);
    }

    private void assertRefused(byte[] packed) throws IOException {
        assertThat(catchThrowable(() -> unpack(packed))).isInstanceOf(PackException.class);
        assertThat(target).hasContent("older");
        try (var left = Files.list(target.getParent())) {
            assertThat(left).containsExactly(target);
        }
    }

    /** A container with right checksums: the block as the model, or, with a path, as a file beside an empty model. */
    private static byte[] container(String path, long length, byte[] block) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(Format.MAGIC);
        out.writeByte(Format.VERSION);
        out.writeShort(path.isEmpty() ? 1 : 2);
        out.writeShort(0);
        if (!path.isEmpty()) {
            out.writeLong(0);
            out.writeUTF(path);
        }
        out.writeLong(length);
        out.writeInt(crc(bytes.toByteArray()));
        if (!path.isEmpty()) {
            out.write(Packer.digest().digest());
        }
        out.write(block);
        out.write(new byte[Format.DIGEST_BYTES]);
        return bytes.toByteArray();
    }

    private static byte[] block(int method, int length, byte[] payload) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        var head = new byte[BlockWriter.HEAD_BYTES];
        head[0] = (byte) method;
        Length24.put(head, 1, length);
        Length24.put(head, 4, payload.length);
        out.write(head);
        out.write(payload);
        out.writeInt(crc(bytes.toByteArray()));
        return bytes.toByteArray();
    }

    private static int crc(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}

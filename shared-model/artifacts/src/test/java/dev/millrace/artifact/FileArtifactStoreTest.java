package dev.millrace.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.ArtifactReference.ExternalFile;
import dev.millrace.message.RefusedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileArtifactStoreTest {
    private static final String ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    private Path temp;

    private Path root;
    private FileArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectory(temp.resolve("root"));
        store = FileArtifactStore.open(temp.resolve("store"), List.of(root));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void namesAFileByItsDigest() throws IOException {
        var reference = store.put(stream("abc"));

        assertThat(reference)
                .isEqualTo(new ArtifactReference("millrace:sha256/" + ABC_SHA256, ABC_SHA256, 3L, List.of()));
        assertThat(store.resolve(reference)).hasContent("abc");
        assertThat(store.identify(ArtifactReference.of(reference.uri()))).isEqualTo(reference);
        assertThat(store.digestData(reference.uri())).isEqualTo(ABC_SHA256);
        assertThat(store.resolveData(reference.uri())).hasContent("abc");
    }

    @Test
    void storesAModelWithItsExternalFilesBesideIt() throws IOException {
        var reference = store.put(
                model("graph", "weights.bin", "w", "parts/more.bin", "m"), List.of("weights.bin", "parts/more.bin"));

        var model = store.resolve(ArtifactReference.of(reference.uri()));

        assertThat(model).hasContent("graph");
        assertThat(model.resolveSibling("weights.bin")).hasContent("w");
        assertThat(model.resolveSibling("parts/more.bin")).hasContent("m");
        assertThat(Files.getAttribute(model.resolveSibling("weights.bin"), "unix:nlink"))
                .isEqualTo(1);
        assertThat(reference.external())
                .extracting(ExternalFile::name)
                .containsExactly("parts/more.bin", "weights.bin");
        assertThat(reference.totalBytes()).isEqualTo(7);
    }

    @Test
    void sameGraphWithOtherWeightsIsAnotherArtifact() throws IOException {
        var first = store.put(model("graph", "weights.bin", "1"), List.of("weights.bin"));
        var second = store.put(model("graph", "weights.bin", "2"), List.of("weights.bin"));

        assertThat(first.sha256()).isEqualTo(second.sha256());
        assertThat(first.uri()).isNotEqualTo(second.uri());
        assertThat(store.resolve(first).resolveSibling("weights.bin")).hasContent("1");
        assertThat(store.resolve(second).resolveSibling("weights.bin")).hasContent("2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../weights.bin",
                "/etc/hostname",
                "a/../weights.bin",
                "./weights.bin",
                "",
                "model.onnx",
                "a//b",
                "a\0b"
            })
    void refusesExternalNamesThatLeaveTheDirectoryOrHideTheModel(String name) throws IOException {
        var model = model("graph", "weights.bin", "w");

        assertThat(refusal(() -> store.put(model, List.of(name)))).isEqualTo("BAD_EXTERNAL_NAME");
    }

    @Test
    void refusesToStoreALinkedExternalFile() throws IOException {
        var model = model("graph", "weights.bin", "w");
        Files.createSymbolicLink(model.resolveSibling("link.bin"), model.resolveSibling("weights.bin"));

        assertThat(refusal(() -> store.put(model, List.of("link.bin")))).isEqualTo("NOT_REGULAR");

        Files.createLink(model.resolveSibling("hard.bin"), model.resolveSibling("weights.bin"));
        assertThat(refusal(() -> store.put(model, List.of("weights.bin")))).isEqualTo("NOT_REGULAR");
        assertThat(drafts()).isEmpty();
    }

    @Test
    void refusesOtherBytesThanTheReferenceSays() throws IOException {
        var file = Files.writeString(root.resolve("a.onnx"), "abc");
        var wrongDigest = new ArtifactReference(file.toUri().toString(), "0".repeat(64), null, List.of());
        var wrongSize = new ArtifactReference(file.toUri().toString(), ABC_SHA256, 4L, List.of());

        assertThat(refusal(() -> store.resolve(wrongDigest))).isEqualTo("DIGEST_MISMATCH");
        assertThat(refusal(() -> store.resolve(wrongSize))).isEqualTo("DIGEST_MISMATCH");
        assertThat(refusal(() -> store.identify(wrongSize))).isEqualTo("DIGEST_MISMATCH");
        assertThat(store.resolve(new ArtifactReference(file.toUri().toString(), ABC_SHA256, 3L, List.of())))
                .isEqualTo(file.toRealPath());
    }

    @Test
    void noticesAnArtifactThatRottedOnDisk() throws IOException {
        var reference = store.put(stream("abc"));
        var file = store.resolve(reference);
        file.toFile().setWritable(true);
        Files.writeString(file, "abd");

        assertThat(refusal(() -> store.resolve(reference))).isEqualTo("DIGEST_MISMATCH");
    }

    @Test
    void refusesAnUnknownArtifact() {
        var unknown = ArtifactReference.of("millrace:sha256/" + "0".repeat(64));

        assertThat(refusal(() -> store.resolve(unknown))).isEqualTo("NOT_FOUND");
    }

    @Test
    void identifiesAFileWithItsExternalFiles() throws IOException {
        var model = Files.writeString(root.resolve("a.onnx"), "abc");
        Files.writeString(root.resolve("w.bin"), "abc");
        var reference = new ArtifactReference(
                model.toUri().toString(), null, null, List.of(new ExternalFile("w.bin", ABC_SHA256, 3)));

        assertThat(store.identify(reference))
                .isEqualTo(new ArtifactReference(reference.uri(), ABC_SHA256, 3L, reference.external()));
        assertThat(store.resolve(reference)).hasContent("abc");
        Files.writeString(root.resolve("w.bin"), "abd");
        assertThat(refusal(() -> store.resolve(reference))).isEqualTo("DIGEST_MISMATCH");
    }

    @Test
    void aDirectoryOfDataHasADigestOfNamesAndContents() throws IOException {
        var data = Files.createDirectories(root.resolve("images/cat"));
        Files.writeString(data.resolve("1.png"), "one");
        Files.writeString(data.resolve("2.png"), "two");
        var uri = root.resolve("images").toUri().toString();
        var before = store.digestData(uri);

        assertThat(store.resolveData(uri)).isDirectory();
        assertThat(store.digestData(uri)).isEqualTo(before);
        Files.move(data.resolve("2.png"), data.resolve("3.png"));
        assertThat(store.digestData(uri)).isNotEqualTo(before);
        Files.move(data.resolve("3.png"), data.resolve("2.png"));
        assertThat(store.digestData(uri)).isEqualTo(before);
    }

    @Test
    void theFirstWriterOfADocumentWins() throws IOException {
        assertThat(store.document("job/../1")).isEmpty();
        assertThat(store.putDocument("job/../1", bytes("first"))).isTrue();
        assertThat(store.putDocument("job/../1", bytes("second"))).isFalse();
        assertThat(store.document("job/../1")).hasValue(bytes("first"));
    }

    @Test
    void aDocumentCanBeReplaced() throws IOException {
        store.replaceDocument("checkpoint", bytes("first"));
        store.replaceDocument("checkpoint", bytes("second"));

        assertThat(store.document("checkpoint")).hasValue(bytes("second"));
        assertThat(drafts()).isEmpty();
    }

    @Test
    void writersOfTheSameAndOfOtherBytesDoNotDisturbEachOther() throws Exception {
        var threads = Executors.newFixedThreadPool(8);
        try (var second = FileArtifactStore.open(temp.resolve("store"), List.of())) {
            var puts = new ArrayList<Callable<ArtifactReference>>();
            for (int i = 0; i < 200; i++) {
                var writer = i % 2 == 0 ? store : second;
                var text = "content " + i % 10;
                puts.add(() -> writer.put(stream(text)));
            }
            var references = new HashSet<ArtifactReference>();
            for (Future<ArtifactReference> put : threads.invokeAll(puts)) {
                references.add(put.get());
            }
            assertThat(references).hasSize(10);
            for (var reference : references) {
                assertThat(store.resolve(reference)).content().startsWith("content ");
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(drafts()).isEmpty();
    }

    @Test
    void oneOfManyWritersOfADocumentWins() throws Exception {
        var threads = Executors.newFixedThreadPool(8);
        try {
            var puts = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 50; i++) {
                var document = bytes("writer " + i);
                puts.add(() -> store.putDocument("result", document));
            }
            int winners = 0;
            for (var put : threads.invokeAll(puts)) {
                winners += put.get() ? 1 : 0;
            }
            assertThat(winners).isOne();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aBrokenStreamLeavesNothing() throws IOException {
        var reset = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return read();
            }
        };
        var broken = new SequenceInputStream(new ByteArrayInputStream(new byte[1_000_000]), reset);

        var thrown = catchThrowableOfType(IOException.class, () -> store.put(broken));

        assertThat(thrown).hasMessage("connection reset").isNotInstanceOf(StorageFullException.class);
        assertThat(drafts()).isEmpty();
        assertThat(filesBelow(temp.resolve("store/artifacts"))).isEmpty();
    }

    private Path model(String graph, String... externals) throws IOException {
        var directory = Files.createTempDirectory(temp, "model");
        for (int i = 0; i < externals.length; i += 2) {
            var file = directory.resolve(externals[i]);
            Files.createDirectories(file.getParent());
            Files.writeString(file, externals[i + 1]);
        }
        return Files.writeString(directory.resolve("net.onnx"), graph);
    }

    private List<Path> drafts() throws IOException {
        return filesBelow(temp.resolve("store/staging")).stream()
                .filter(path -> !path.toString().endsWith(".lock"))
                .toList();
    }

    private static List<Path> filesBelow(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(Files::isRegularFile).collect(Collectors.toList());
        }
    }

    private static String refusal(ThrowingCallable call) {
        return catchThrowableOfType(RefusedException.class, call).problem().code();
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}

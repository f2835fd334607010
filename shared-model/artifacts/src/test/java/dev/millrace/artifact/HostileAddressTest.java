package dev.millrace.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a request writes as an address, it reads regular files below the roots and nothing else. */
class HostileAddressTest {
    @TempDir
    private Path temp;

    private Path root;
    private FileArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        temp = temp.toRealPath();
        root = Files.createDirectory(temp.resolve("root"));
        Files.writeString(root.resolve("a.onnx"), "fine");
        Files.createDirectory(root.resolve("directory"));
        Files.writeString(temp.resolve("secret"), "secret");
        store = FileArtifactStore.open(temp.resolve("store"), List.of(root, Path.of("/dev"), temp.resolve("absent")));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    /** {@code R} stands for the path of the root. */
    @ParameterizedTest
    @CsvSource({
        "file:R/../secret,           BAD_URI",
        "file:R/./a.onnx,            BAD_URI",
        "file:R//a.onnx,             BAD_URI",
        "file:R/%2e%2e/secret,       BAD_URI",
        "file:R/%2E./secret,         BAD_URI",
        "file:R/..%2fsecret,         BAD_URI",
        "file:R%2fa.onnx,            BAD_URI",
        "file:R/..%5csecret,         BAD_URI",
        "file:R/a.onnx%00.png,       BAD_URI",
        "file:R/a%0a.onnx,           BAD_URI",
        "file:R/%ff.onnx,            BAD_URI",
        "file:R/%252e%252e/secret,   NOT_FOUND",
        "file:R/a.onnx?x=1,          BAD_URI",
        "file:R/a.onnx#x,            BAD_URI",
        "file://hostR/a.onnx,        BAD_URI",
        "file:a.onnx,                BAD_URI",
        "file:,                      BAD_URI",
        "R/a.onnx,                   BAD_URI",
        "http://127.0.0.1/a.onnx,    BAD_URI",
        "jar:file:R/a.jar!/a.onnx,   BAD_URI",
        "FILE:R/a.onnx,              BAD_URI",
        "'file:R/a b.onnx',          BAD_URI",
        "millrace:sha256/..,         BAD_URI",
        "millrace:sha256/../../x,    BAD_URI",
        "millrace:md5/00,            BAD_URI",
        "file:/etc/passwd,           OUTSIDE_ROOTS",
        "file:/,                     OUTSIDE_ROOTS",
        "file:R-sibling/a.onnx,      OUTSIDE_ROOTS",
        "file:R/absent.onnx,         NOT_FOUND",
        "file:R/a.onnx/b,            NOT_REGULAR",
        "file:R/directory,           NOT_REGULAR",
        "file:R,                     NOT_REGULAR",
        "file:/dev/null,             NOT_REGULAR",
        "file:/dev/zero,             NOT_REGULAR",
    })
    void isRefused(String address, String code) {
        assertThat(refusal(address.replace("R", root.toString()))).isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:R/a.onnx", "file:///R/a.onnx", "file:R/%61.onnx"})
    void plainSpellingsAreFine(String address) throws IOException {
        var uri = address.replace("/R", "R").replace("R", root.toString());

        assertThat(store.resolve(ArtifactReference.of(uri))).hasContent("fine");
    }

    @Test
    void spacesPercentAndUmlautsAreFine() throws IOException {
        var file = Files.writeString(root.resolve("50% of b.onnx"), "fine");

        assertThat(store.resolve(ArtifactReference.of(file.toUri().toString()))).hasContent("fine");
    }

    @Test
    void symbolicLinksBelowTheRootAreRefused() throws IOException {
        Files.createSymbolicLink(root.resolve("link.onnx"), root.resolve("a.onnx"));
        Files.createSymbolicLink(root.resolve("out"), temp);

        assertThat(refusal("file:" + root + "/link.onnx")).isEqualTo("NOT_REGULAR");
        assertThat(refusal("file:" + root + "/out/secret")).isEqualTo("NOT_REGULAR");
    }

    @Test
    void aRootMayBeALink() throws IOException {
        var link = Files.createSymbolicLink(temp.resolve("link"), root);
        try (var linked = FileArtifactStore.open(temp.resolve("store"), List.of(link))) {
            assertThat(linked.resolve(ArtifactReference.of("file:" + link + "/a.onnx")))
                    .isEqualTo(root.resolve("a.onnx"));
            assertThat(linked.resolve(ArtifactReference.of("file:" + root + "/a.onnx")))
                    .isEqualTo(root.resolve("a.onnx"));
        }
    }

    @Test
    void aRootMayBeOneFile() throws IOException {
        var secret = temp.resolve("secret");
        try (var narrow = FileArtifactStore.open(temp.resolve("store"), List.of(secret))) {
            assertThat(narrow.resolve(ArtifactReference.of("file:" + secret))).hasContent("secret");
            assertThat(catchThrowableOfType(
                                    RefusedException.class,
                                    () -> narrow.resolve(ArtifactReference.of("file:" + root + "/a.onnx")))
                            .problem()
                            .code())
                    .isEqualTo("OUTSIDE_ROOTS");
        }
    }

    @Test
    void hardLinksAreRefused() throws IOException {
        Files.createLink(root.resolve("hard.onnx"), temp.resolve("secret"));

        assertThat(refusal("file:" + root + "/hard.onnx")).isEqualTo("NOT_REGULAR");
    }

    @Test
    void fifosAndSocketsAreRefusedWithoutOpeningThem() throws Exception {
        var fifo = root.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(root.resolve("socket")));

            assertThat(refusal("file:" + fifo)).isEqualTo("NOT_REGULAR");
            assertThat(refusal("file:" + root.resolve("socket"))).isEqualTo("NOT_REGULAR");
        }
    }

    @Test
    void linksDeepInADataDirectoryAreRefused() throws IOException {
        var deep = Files.createDirectories(root.resolve("directory/a/b"));
        Files.createSymbolicLink(deep.resolve("1.png"), temp.resolve("secret"));
        var uri = "file:" + root + "/directory";

        assertThat(catchThrowableOfType(RefusedException.class, () -> store.resolveData(uri))
                        .problem())
                .satisfies(problem -> {
                    assertThat(problem.code()).isEqualTo("NOT_REGULAR");
                    assertThat(problem.where()).endsWith("directory/a/b/1.png");
                });
        assertThat(catchThrowableOfType(RefusedException.class, () -> store.digestData(uri))
                        .problem()
                        .code())
                .isEqualTo("NOT_REGULAR");
    }

    private String refusal(String uri) {
        return catchThrowableOfType(RefusedException.class, () -> store.resolve(ArtifactReference.of(uri)))
                .problem()
                .code();
    }
}

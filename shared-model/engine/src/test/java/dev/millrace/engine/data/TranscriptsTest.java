package dev.millrace.engine.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TranscriptsTest {
    private static final ValueSpec INPUT = new ValueSpec(
            "x",
            DataType.FLOAT,
            List.of(Dimension.symbolic("batch"), Dimension.of(3), Dimension.of(2), Dimension.of(4)));

    @TempDir
    Path directory;

    @BeforeEach
    void drawPictures() throws IOException {
        for (var name : List.of("a.png", "more/b.png")) {
            var file = directory.resolve("pictures").resolve(name);
            Files.createDirectories(file.getParent());
            ImageIO.write(new BufferedImage(4, 2, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        }
        Files.writeString(directory.resolve("alphabet.txt"), "h\ni\né\n \n\n");
        Files.writeString(directory.resolve("labels.txt"), "more/b.png\té h\n\na.png\thi\n");
    }

    @Test
    void textsAreClassesInTheOrderOfTheAlphabetAndFilledUp() throws IOException {
        assertThat(labels(Map.of())).containsExactly(1, 2, -1, 3, 4, 1);
        assertThat(labels(Map.of("firstClass", "0"))).containsExactly(0, 1, -1, 2, 3, 0);
    }

    @Test
    void saysWhichCharacterOfWhichLineIsNotInTheAlphabet() throws IOException {
        Files.writeString(directory.resolve("labels.txt"), "a.png\thi\nmore/b.png\thx\n");

        refused("labels.txt, line 2", "'x'", "the 4 characters of the alphabet");
    }

    @Test
    void refusesAPictureWithoutALine() throws IOException {
        Files.writeString(directory.resolve("labels.txt"), "a.png\thi\n");

        refused("LABELS_MISSING", "more", "b.png");
    }

    @Test
    void refusesWhatIsNoListAndNoAlphabet() throws IOException {
        Files.writeString(directory.resolve("labels.txt"), "a.png hi\n");
        refused("labels.txt, line 1", "a tab");

        Files.writeString(directory.resolve("alphabet.txt"), "h\nhi\n");
        refused("alphabet.txt, line 2", "one character");

        Files.writeString(directory.resolve("alphabet.txt"), "h\nh\n");
        refused("alphabet.txt, line 2", "'h' again");

        Files.write(directory.resolve("alphabet.txt"), new byte[] {(byte) 0xff, '\n'});
        refused("alphabet.txt", "no UTF-8");
    }

    @Test
    void refusesLabelsWithoutAnAlphabet() {
        var options = Map.<String, JsonNode>of("labels", file("labels.txt"));

        assertThatThrownBy(() -> Dataset.open(directory.resolve("pictures"), null, options, List.of(INPUT)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("the option alphabet beside it");
    }

    private void refused(String... words) {
        assertThatThrownBy(() -> labels(Map.of()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContainingAll(words);
    }

    private List<Integer> labels(Map<String, String> more) throws IOException {
        var options = new HashMap<String, JsonNode>();
        options.put("labels", file("labels.txt"));
        options.put("alphabet", file("alphabet.txt"));
        more.forEach((name, value) -> options.put(name, TextNode.valueOf(value)));
        try (var data = Dataset.open(directory.resolve("pictures"), null, options, List.of(INPUT))) {
            var labels =
                    Objects.requireNonNull(data.batches(2).iterator().next().labels());
            assertThat(labels.dims()).containsExactly(2, 3);
            return IntStream.range(0, (int) labels.size())
                    .mapToObj(i -> (int) labels.number(i))
                    .toList();
        }
    }

    private TextNode file(String name) {
        return TextNode.valueOf(directory.resolve(name).toString());
    }
}

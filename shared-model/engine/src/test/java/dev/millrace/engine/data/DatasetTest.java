package dev.millrace.engine.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
    private static final ValueSpec ANY_ROWS_OF_3 = spec("x", DataType.FLOAT, -1, 3);
    private static final float TOLERANCE = 1e-6f;

    @TempDir
    Path directory;

    @Nested
    class Csv {
        @Test
        void readsBatchesWithLabels() throws IOException {
            var file = write("d.csv", "a,b,c,label\n1,2,3,0\n4,5,6,1\n\n7,8,9,2\n");
            var batches = batches(file, Map.of(), 2, ANY_ROWS_OF_3);
            assertThat(batches).hasSize(2);
            assertThat(numbers(fed(batches.get(0), "x"))).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(numbers(labels(batches.get(0)))).containsExactly(0, 1);
            assertThat(fed(batches.get(1), "x").dims()).containsExactly(1, 3);
            assertThat(batches.get(1).where()).isEqualTo("d.csv, line 5");
        }

        @Test
        void takesTheOnlyFileOfAFolderAndRefusesToChoose() throws IOException {
            write("only.csv", "1,2,3\n");
            assertThat(batches(directory, Map.of(), 8, ANY_ROWS_OF_3)).hasSize(1);
            write("second.csv", "1,2,3\n");
            assertThatThrownBy(() -> batches(directory, Map.of(), 8, ANY_ROWS_OF_3))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContainingAll("DATA_AMBIGUOUS", "2 files of format csv: only.csv, second.csv");
        }

        @Test
        void takesTheColumnBehindTheFeaturesForTheLabelWhenThereIsNoHeader() throws IOException {
            var batch = batches(write("d.csv", "1;2;3;7\n"), Map.of(), 8, ANY_ROWS_OF_3)
                    .get(0);
            assertThat(numbers(labels(batch))).containsExactly(7);
            assertThat(numbers(fed(batch, "x"))).containsExactly(1, 2, 3);
        }

        @Test
        void namesFileAndLineOfWhatIsNoNumber() throws IOException {
            var file = write("d.csv", "1,2,3\n4,five,6\n");
            refused(() -> batches(file, Map.of(), 8, ANY_ROWS_OF_3), "DATA_MALFORMED", "d.csv, line 2", "five");
        }

        @Test
        void scalesAndCentres() throws IOException {
            var options = options("scale=0.5,mean=1,std=2");
            var batch = batches(write("d.csv", "2,4,6\n"), options, 8, ANY_ROWS_OF_3)
                    .get(0);
            assertThat(numbers(fed(batch, "x"))).containsExactly(0, 0.5f, 1);
        }
    }

    @Nested
    class Options {
        @Test
        void refusesUnknownOnesWithTheKnown() throws IOException {
            var file = write("d.csv", "1,2,3\n");
            refused(
                    () -> batches(file, options("resise=4"), 8, ANY_ROWS_OF_3),
                    "UNKNOWN_OPTION",
                    "resise",
                    "separator");
        }

        @Test
        void limitsAndShufflesTheSameWayForTheSameSeed() throws IOException {
            var text = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                text.append(i).append(",0,0\n");
            }
            var file = write("d.csv", text.toString());
            var first = numbers(fed(
                    batches(file, options("limit=150,shuffle=true,seed=3"), 150, ANY_ROWS_OF_3)
                            .get(0),
                    "x"));
            var again = numbers(fed(
                    batches(file, options("subsetSize=150,shuffle=true,seed=3"), 150, ANY_ROWS_OF_3)
                            .get(0),
                    "x"));
            assertThat(again).isEqualTo(first);
            var ids = new ArrayList<Float>();
            for (int i = 0; i < first.length; i += 3) {
                ids.add(first[i]);
            }
            assertThat(ids)
                    .hasSize(150)
                    .doesNotHaveDuplicates()
                    .isNotEqualTo(ids.stream().sorted().toList());
        }

        @Test
        void fillInputsThatTheDataDoesNotHave() throws IOException {
            var inputs = List.of(ANY_ROWS_OF_3, spec("state", DataType.FLOAT, 1, 2), spec("sr", DataType.INT64));
            var options = options("fill.state=0,fill.sr=16000");
            var batch = batches(write("d.csv", "1,2,3\n"), options, 8, inputs.toArray(ValueSpec[]::new))
                    .get(0);
            assertThat(fed(batch, "sr").number(0)).isEqualTo(16000);
            assertThat(fed(batch, "state").dims()).containsExactly(1, 2);
        }

        @Test
        void missingFilesAndFormatsAreRefused() throws IOException {
            refused(() -> batches(directory.resolve("no"), Map.of(), 1, ANY_ROWS_OF_3), "DATA_MISSING", "no such file");
            var file = write("d.what", "1");
            refused(() -> batches(file, Map.of(), 1, ANY_ROWS_OF_3), "UNKNOWN_FORMAT", "jsonl");
        }
    }

    @Nested
    class Idx {
        private static final byte[] TWO_IMAGES = ByteBuffer.allocate(16 + 8)
                .putInt(0x803)
                .putInt(2)
                .putInt(2)
                .putInt(2)
                .put(new byte[] {0, 51, 102, (byte) 255, 1, 2, 3, 4})
                .array();

        @Test
        void readsPackedImagesAndTheLabelsBesideThem() throws IOException {
            var labels = ByteBuffer.allocate(10)
                    .putInt(0x801)
                    .putInt(2)
                    .put((byte) 7)
                    .put((byte) 9)
                    .array();
            packed("t-labels-idx1-ubyte.gz", labels);
            var batch = first(packed("t-images-idx3-ubyte.gz", TWO_IMAGES));
            assertThat(numbers(fed(batch, "in"))).startsWith(0, 0.2f, 0.4f, 1);
            assertThat(numbers(labels(batch))).containsExactly(7, 9);
        }

        @Test
        void readsWhatWasPackedInParts() throws IOException {
            var whole = first(packed("whole-idx3-ubyte.gz", TWO_IMAGES));
            var parts = first(packed(
                    "parts-idx3-ubyte.gz", Arrays.copyOf(TWO_IMAGES, 20), Arrays.copyOfRange(TWO_IMAGES, 20, 24)));
            assertThat(numbers(fed(parts, "in"))).isEqualTo(numbers(fed(whole, "in")));
        }

        @Test
        void refusesPackedImagesThatEndEarly() throws IOException {
            var file = packed("short-idx3-ubyte.gz", Arrays.copyOf(TWO_IMAGES, 22));
            refused(() -> first(file), "DATA_MALFORMED", "22 bytes", "24 bytes");
        }

        private Batch first(Path file) throws IOException {
            return batches(file, Map.of(), 2, spec("in", DataType.FLOAT, -1, 1, 2, 2))
                    .get(0);
        }

        private Path packed(String name, byte[]... parts) throws IOException {
            try (var file = Files.newOutputStream(directory.resolve(name))) {
                for (var part : parts) {
                    var packed = new GZIPOutputStream(file);
                    packed.write(part);
                    packed.finish();
                }
            }
            return directory.resolve(name);
        }
    }

    @Nested
    class Npz {
        @Test
        void givesWholeFeedsAsTheyAre() throws IOException {
            var arrays = new LinkedHashMap<String, byte[]>();
            arrays.put("000/x", npy("<f4", "(2, 3)", floats(1, 2, 3, 4, 5, 6)));
            arrays.put("001/x", npy("<f4", "(1, 3)", floats(7, 8, 9)));
            var batches = batches(npz(arrays), Map.of(), 8, ANY_ROWS_OF_3);
            assertThat(batches).hasSize(2);
            assertThat(batches.get(0).rows()).isEqualTo(2);
            assertThat(batches.get(1).where()).isEqualTo("d.npz, feed 001");
        }

        @Test
        void splitsFeedsForAModelOfFixedBatch() throws IOException {
            var file = npz(Map.of("000/x", npy("<f4", "(3, 3)", floats(1, 2, 3, 4, 5, 6, 7, 8, 9))));
            var ones = batches(file, Map.of(), 8, spec("x", DataType.FLOAT, 1, 3));
            assertThat(ones).hasSize(3);
            assertThat(numbers(fed(ones.get(2), "x"))).containsExactly(7, 8, 9);
            var pairs = batches(file, Map.of(), 8, spec("x", DataType.FLOAT, 2, 3));
            assertThat(pairs).hasSize(2);
            assertThat(pairs.get(1).rows()).isEqualTo(1);
            assertThat(numbers(fed(pairs.get(1), "x"))).containsExactly(7, 8, 9, 7, 8, 9);
        }

        @Test
        void takesArraysByRowAndConvertsTypes() throws IOException {
            var arrays = new LinkedHashMap<String, byte[]>();
            arrays.put("x", npy("<i4", "(2, 3)", ints(1, 2, 3, 4, 5, 6)));
            arrays.put("label", npy("<i4", "(2,)", ints(1, 0)));
            var batch = batches(npz(arrays), Map.of(), 8, ANY_ROWS_OF_3).get(0);
            assertThat(fed(batch, "x").type()).isEqualTo(DataType.FLOAT);
            assertThat(numbers(labels(batch))).containsExactly(1, 0);
        }

        @Test
        void refusesDataThatDoesNotFit() throws IOException {
            var file = npz(Map.of("x", npy("<f4", "(2, 4)", floats(1, 2, 3, 4, 5, 6, 7, 8))));
            refused(() -> batches(file, Map.of(), 8, ANY_ROWS_OF_3), "DATA_MISMATCH", "float[1, 4]", "'x' float[?, 3]");
        }
    }

    @Nested
    class Images {
        @Test
        void takesFoldersForClassesAndTheModelsSize() throws IOException {
            picture("cat/1.png", 4, 4, new Color(255, 0, 0));
            picture("dog/1.png", 6, 8, new Color(0, 0, 255));
            var batch = batches(directory, Map.of(), 2, spec("x", DataType.FLOAT, -1, 3, 2, 2))
                    .get(0);
            assertThat(fed(batch, "x").dims()).containsExactly(2, 3, 2, 2);
            assertThat(numbers(labels(batch))).containsExactly(0, 1);
            assertThat(numbers(fed(batch, "x").rows(0, 1))).containsExactly(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
        }

        @Test
        void ordersChannelsLastAndBlueFirst() throws IOException {
            picture("1.png", 2, 2, new Color(255, 51, 0));
            var batch = batches(directory, options("channelOrder=bgr"), 1, spec("x", DataType.FLOAT, -1, 2, 2, 3))
                    .get(0);
            assertThat(numbers(fed(batch, "x").reshaped(4, 3).rows(3, 4)))
                    .containsExactly(new float[] {0, 0.2f, 1}, offset());
        }

        @Test
        void keepsSizesWhereTheModelTakesAny() throws IOException {
            picture("1.png", 4, 6, Color.WHITE);
            picture("2.png", 4, 8, Color.WHITE);
            var batches = batches(directory, options("resize=2"), 2, spec("x", DataType.FLOAT, -1, 3, -1, -1));
            assertThat(batches).extracting(batch -> fed(batch, "x").dim(3)).containsExactly(3L, 4L);
        }
    }

    @Nested
    class Wav {
        @Test
        void cutsWindowsAndChecksTheRate() throws IOException {
            var data = ByteBuffer.allocate(44 + 10).order(ByteOrder.LITTLE_ENDIAN);
            data.put("RIFF".getBytes(ISO_8859_1))
                    .putInt(46)
                    .put("WAVEfmt ".getBytes(ISO_8859_1))
                    .putInt(16);
            data.putShort((short) 1)
                    .putShort((short) 1)
                    .putInt(8000)
                    .putInt(16000)
                    .putShort((short) 2)
                    .putShort((short) 16);
            data.put("data".getBytes(ISO_8859_1)).putInt(10);
            for (int i = 1; i <= 5; i++) {
                data.putShort((short) (i * 4096));
            }
            Files.write(directory.resolve("a.wav"), data.array());
            var batch = batches(directory, Map.of(), 8, spec("x", DataType.FLOAT, -1, 2))
                    .get(0);
            assertThat(numbers(fed(batch, "x"))).containsExactly(0.125f, 0.25f, 0.375f, 0.5f, 0.625f, 0);
            refused(
                    () -> batches(directory, options("sampleRate=16000"), 8, spec("x", DataType.FLOAT, -1, 2)),
                    "DATA_MISMATCH",
                    "8000 Hz",
                    "16000 Hz");
        }
    }

    @Nested
    class Texts {
        private final ValueSpec[] bert = {
            spec("input_ids", DataType.INT64, -1, -1), spec("attention_mask", DataType.INT64, -1, -1)
        };

        @Test
        void padsToTheLongestOfTheBatch() throws IOException {
            var file = write("d.jsonl", "{\"text\":\"a b\",\"label\":1}\n{\"text\":\"a b c\",\"label\":0}\n");
            var batch = batches(file, tokenizer(), 2, bert).get(0);
            assertThat(numbers(fed(batch, "input_ids"))).containsExactly(1, 2, 0, 1, 2, 3);
            assertThat(numbers(fed(batch, "attention_mask"))).containsExactly(1, 1, 0, 1, 1, 1);
            assertThat(numbers(labels(batch))).containsExactly(1, 0);
        }

        @Test
        void givesPairsAsTwoRowsWithOneScore() throws IOException {
            var batch = batches(write("d.txt", "a\tb c\t0.5\n"), tokenizer(), 2, bert)
                    .get(0);
            assertThat(batch.rowsPerLabel()).isEqualTo(2);
            assertThat(numbers(fed(batch, "input_ids"))).containsExactly(1, 0, 2, 3);
            assertThat(numbers(labels(batch))).containsExactly(0.5f);
        }

        @Test
        void putsTextsOfOneLengthIntoOneBatch() throws IOException {
            var file = write("d.txt", "a\na b c\nb\nb c a\nc\nc a b\n");
            try (var data = Dataset.open(file, null, tokenizer(), List.of(bert))) {
                var lengths = new ArrayList<Long>();
                var ids = new ArrayList<Integer>();
                data.batchesByLength(3, 6).forEach(batch -> {
                    lengths.add(fed(batch, "input_ids").dim(1));
                    for (float id : numbers(fed(batch, "input_ids"))) {
                        ids.add((int) id);
                    }
                });
                assertThat(lengths).containsExactly(1L, 3L);
                assertThat(ids).containsExactlyInAnyOrder(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
            }
        }

        @Test
        void leavesTheOrderOfDataOfOneShape() throws IOException {
            var file = write("d.csv", "1,2\n3,4\n5,6\n");
            try (var data = Dataset.open(file, null, Map.of(), List.of(spec("x", DataType.FLOAT, -1, 2)))) {
                var first = data.batchesByLength(3, 3).iterator().next();
                assertThat(numbers(fed(first, "x"))).containsExactly(1, 2, 3, 4, 5, 6);
            }
        }

        @Test
        void fillsUpToTheLengthThatAModelInsistsOn() throws IOException {
            var fixed = new ValueSpec[] {spec("input_ids", DataType.INT64, -1, 4)};
            var batch = batches(write("d.txt", "a b c a b c\nc\n"), tokenizer(), 2, fixed)
                    .get(0);
            assertThat(numbers(fed(batch, "input_ids"))).containsExactly(1, 2, 3, 1, 3, 0, 0, 0);
        }

        @Test
        void namesTheLineThatIsNoJson() throws IOException {
            var file = write("d.jsonl", "{\"text\":\"a\"}\n{\"text\":\n");
            var options = tokenizer();
            refused(() -> batches(file, options, 8, bert), "DATA_MALFORMED", "d.jsonl, line 2");
        }

        private Map<String, JsonNode> tokenizer() throws IOException {
            var file = write("tokenizer.json", """
                    {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
                     "pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,
                     "model":{"type":"WordLevel","vocab":{"[PAD]":0,"a":1,"b":2,"c":3,"[UNK]":4},"unk_token":"[UNK]"}}
                    """);
            return Map.of("tokenizer", TextNode.valueOf(file.toString()));
        }
    }

    private static ValueSpec spec(String name, DataType type, long... dims) {
        return new ValueSpec(
                name,
                type,
                Arrays.stream(dims)
                        .mapToObj(size -> size < 0 ? Dimension.symbolic("") : Dimension.of(size))
                        .toList());
    }

    private static List<Batch> batches(Path path, Map<String, JsonNode> options, int rows, ValueSpec... inputs)
            throws IOException {
        try (var data = Dataset.open(path, null, options, List.of(inputs))) {
            var batches = new ArrayList<Batch>();
            data.batches(rows).forEach(batches::add);
            return batches;
        }
    }

    /** {@code "a=1,b=2"} as from a command line. */
    private static Map<String, JsonNode> options(String words) {
        var options = new LinkedHashMap<String, JsonNode>();
        for (var word : words.split(",")) {
            options.put(word.substring(0, word.indexOf('=')), TextNode.valueOf(word.substring(word.indexOf('=') + 1)));
        }
        return options;
    }

    private static void refused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String code, String... words) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code))
                .hasMessageContainingAll(words);
    }

    private static Value fed(Batch batch, String input) {
        return Objects.requireNonNull(batch.feed().get(input));
    }

    private static Value labels(Batch batch) {
        return Objects.requireNonNull(batch.labels());
    }

    private static float[] numbers(Value value) {
        var numbers = new float[(int) value.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) value.number(i);
        }
        return numbers;
    }

    private static org.assertj.core.data.Offset<Float> offset() {
        return org.assertj.core.data.Offset.offset(TOLERANCE);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private void picture(String name, int height, int width, Color color) throws IOException {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, color.getRGB());
            }
        }
        var file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
    }

    private Path npz(Map<String, byte[]> arrays) throws IOException {
        var file = directory.resolve("d.npz");
        try (OutputStream out = Files.newOutputStream(file);
                var zip = new ZipOutputStream(out)) {
            for (var array : arrays.entrySet()) {
                zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
                zip.write(array.getValue());
            }
        }
        return file;
    }

    private static byte[] npy(String type, String shape, byte[] data) throws IOException {
        var header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n".formatted(type, shape);
        var out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length(), 0});
        out.write(header.getBytes(ISO_8859_1));
        out.write(data);
        return out.toByteArray();
    }

    private static byte[] floats(float... numbers) {
        var bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        return bytes.array();
    }

    private static byte[] ints(int... numbers) {
        var bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(numbers);
        return bytes.array();
    }
}

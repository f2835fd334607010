package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExternalFilesTest {
    @TempDir
    Path directory;

    @Test
    void aModelNamesTheFilesThatItsTensorsAreIn() throws Exception {
        var builder = new ModelBuilder(17);
        var x = builder.input("x", DataType.FLOAT, 1, 64);
        builder.output(builder.node("MatMul", List.of(x, builder.normal("w", 64, 64))), DataType.FLOAT, 1, 64);
        var model = builder.build();
        model.write(directory.resolve("inline.onnx"));
        model.writeExternal(directory.resolve("external.onnx"));

        assertThat(Model.read(directory.resolve("inline.onnx")).externalFiles()).isEmpty();
        assertThat(Model.read(directory.resolve("external.onnx")).externalFiles())
                .containsExactly("external.onnx.data");
    }
}

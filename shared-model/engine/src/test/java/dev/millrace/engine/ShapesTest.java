package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShapesTest {
    @TempDir
    Path directory;

    @Test
    void seesEveryValueOfAGraph() throws IOException {
        var model = directory.resolve("cnn.onnx");
        TinyModels.cnn().write(model);
        var shapes = Shapes.observe(model, Map.of("x", Value.zeros(DataType.FLOAT, 2, 3, 8, 8)), directory);
        assertThat(shapes.get("x")).containsExactly(2, 3, 8, 8);
        assertThat(shapes.get("conv1.weight")).containsExactly(8, 3, 3, 3);
        assertThat(shapes.get("c1")).containsExactly(2, 8, 8, 8);
        assertThat(shapes.get("pooled")).containsExactly(2, 8, 1, 1);
        assertThat(shapes.get("flat")).containsExactly(2, 8);
        assertThat(shapes.get("y")).containsExactly(2, 10);
        assertThat(directory.toFile().list()).containsExactly("cnn.onnx");
    }
}

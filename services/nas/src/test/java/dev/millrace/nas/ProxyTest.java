package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyTest {
    private static final String SPACE = "\"space\": {\"kind\": \"images\", \"stages\": [1, 2], \"stemWidth\": [2, 16]}";

    @TempDir
    Path directory;

    private Map<String, Double> figures(int stages, int width) throws IOException {
        return new TestTask(directory)
                .images("training", 120, 1)
                .run(
                        new Trial(),
                        "{%s, \"values\": {\"stages\": %d, \"stemWidth\": %d}, \"budget\": 0, \"latency\": \"none\", %s}"
                                .formatted(
                                        SPACE,
                                        stages,
                                        width,
                                        "\"proxies\": [\"synFlow\", \"snip\", \"gradientNorm\", \"naswot\"]"))
                .figures();
    }

    @Test
    void allSayThatAWiderNetworkCanTellMoreApart() throws IOException {
        var narrow = figures(1, 2);
        var wide = figures(1, 16);

        assertThat(wide.get("synFlow")).isGreaterThan(narrow.get("synFlow"));
        assertThat(wide.get("naswot")).isGreaterThan(narrow.get("naswot"));
        assertThat(wide).containsKeys("snip", "gradientNorm");
    }
}

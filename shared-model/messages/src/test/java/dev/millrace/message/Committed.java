package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files in the source tree that code generates. {@code mvn test -pl shared-model/messages -Dmillrace.rewrite=true} writes
 * them anew; otherwise they must be what the code says.
 */
final class Committed {
    private Committed() {}

    static void check(Path file, JsonNode generated) throws IOException {
        var indenter = new DefaultIndenter("  ", "\n");
        var printer = new DefaultPrettyPrinter().withArrayIndenter(indenter).withObjectIndenter(indenter);
        var text = Json.mapper().writer(printer).writeValueAsString(generated) + "\n";
        if (Boolean.getBoolean("millrace.rewrite")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }
        assertThat(file).as("-Dmillrace.rewrite=true writes it").hasContent(text);
    }
}

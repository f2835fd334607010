package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventStreamTest {
    @Test
    void readsEventsBetweenCommentsAndDropsTheUnfinishedOne() {
        var stream = new EventStream(List.of(
                        ": waiting",
                        "",
                        "event: job",
                        "id: 4.2",
                        "data: {\"a\":",
                        "data: 1}",
                        "",
                        "event:progress",
                        "data:{}")
                .iterator());

        assertThat(stream.next()).isNotNull().satisfies(event -> {
            assertThat(event.name()).isEqualTo("job");
            assertThat(event.id()).isEqualTo("4.2");
            assertThat(event.data()).asString(StandardCharsets.UTF_8).isEqualTo("{\"a\":\n1}");
        });
        assertThat(stream.next()).isNull();
    }
}

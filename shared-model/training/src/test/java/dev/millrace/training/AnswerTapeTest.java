package dev.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Value;
import dev.millrace.stage.SharedCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerTapeTest {
    private static final byte[] TEACHER = {1, 2, 3};

    @TempDir
    Path directory;

    private SharedCache cache;
    private int asked;

    @BeforeEach
    void makeCache() {
        cache = new SharedCache(directory, 1 << 20);
    }

    @Test
    void asksATeacherOnceForTheSameBatches() throws IOException {
        var first = answers(TEACHER, 1, 2, 3);

        assertThat(asked).isEqualTo(3);
        assertThat(answers(TEACHER, 1, 2, 3)).isEqualTo(first);
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void asksAgainFromTheFirstOtherBatchOn() throws IOException {
        answers(TEACHER, 1, 2, 3);

        assertThat(answers(TEACHER, 1, 2, 4, 5)).containsExactly("1.5", "2.5", "4.5", "5.5");
        assertThat(asked).isEqualTo(3 + 2);
        answers(TEACHER, 1, 2, 4, 5);
        assertThat(asked).isEqualTo(3 + 2);
    }

    @Test
    void asksAnotherTeacher() throws IOException {
        answers(TEACHER, 1, 2);
        answers(new byte[] {3, 2, 1}, 1, 2);

        assertThat(asked).isEqualTo(4);
    }

    @Test
    void asksAgainWhereTheTapeIsDamaged() throws IOException {
        answers(TEACHER, 1, 2);
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                var bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2]++;
                Files.write(file, bytes);
            }
        }

        assertThat(answers(TEACHER, 1, 2)).containsExactly("1.5", "2.5");
        assertThat(asked).isEqualTo(4);
        answers(TEACHER, 1, 2);
        assertThat(asked).isEqualTo(4);
    }

    /** What a teacher that adds a half says to these numbers. */
    private List<String> answers(byte[] teacher, float... questions) throws IOException {
        var answers = new ArrayList<String>();
        try (var tape = new AnswerTape(cache, teacher)) {
            for (float question : questions) {
                var feed = Map.of("x", Value.of(new float[] {question}, 1, 1));
                var answer = tape.answers(feed, () -> {
                    asked++;
                    return List.of(Value.of(new float[] {question + 0.5f}, 1, 1));
                });
                answers.add(Float.toString(answer.get(0).floats().get(0)));
            }
        }
        return answers;
    }
}

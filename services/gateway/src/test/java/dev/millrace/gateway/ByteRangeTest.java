package dev.millrace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-9, 0, 10",
        "bytes=90-, 90, 10",
        "bytes=90-1000, 90, 10",
        "bytes=-5, 95, 5",
        "bytes=-500, 0, 100",
        "bytes= 1 - 1, 1, 1",
        "bytes=100-, 100, 0",
        "bytes=200-300, 200, 0",
        "bytes=-0, 100, 0"
    })
    void readsOneRangeAndCutsItToTheFile(String header, long offset, long count) {
        assertThat(ByteRange.of(header, 100)).contains(new ByteRange(offset, count));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bytes=-", "bytes=9-2", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=9999999999999999999-"})
    void ignoresWhatIsNoSingleRange(String header) {
        assertThat(ByteRange.of(header, 100)).isEmpty();
    }

    @Test
    void saysWhichBytesTheyAre() {
        assertThat(new ByteRange(10, 5).contentRange(100)).isEqualTo("bytes 10-14/100");
    }
}

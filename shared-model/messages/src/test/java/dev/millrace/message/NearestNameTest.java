package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
    private static final List<String> KNOWN = List.of("static-int8", "dynamic-int8", "magnitude", "n-of-m");

    @ParameterizedTest
    @CsvSource({"magnitud,magnitude", "Static,static-int8", "dyn,dynamic-int8", "nofm,n-of-m", "xyz,", "st,"})
    void findsWhatWasMistypedOrCutShort(String found, String meant) {
        assertThat(NearestName.of(found, KNOWN).orElse(null)).isEqualTo(meant);
    }
}

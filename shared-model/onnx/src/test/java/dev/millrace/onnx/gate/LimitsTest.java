package dev.millrace.onnx.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LimitsTest {
    @Test
    void configurationChangesWhatItNames() {
        var settings = Map.of("millrace.gate.nodes", "7", "millrace.gate.domains", "com.acme, org.other");
        var limits = Limits.of(key -> Optional.ofNullable(settings.get(key)));
        assertThat(limits.nodes()).isEqualTo(7);
        assertThat(limits.initializers()).isEqualTo(Limits.DEFAULT.initializers());
        assertThat(limits.domains()).contains("com.acme", "org.other", "", "com.microsoft");
    }

    @Test
    void nothingConfiguredIsTheDefault() {
        assertThat(Limits.of(key -> Optional.empty())).isEqualTo(Limits.DEFAULT);
    }

    @Test
    void whatIsNoNumberIsNamed() {
        assertThatThrownBy(() -> Limits.of(key -> Optional.of("-1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("millrace.gate.file-bytes=-1");
    }
}

package dev.millrace.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MachineTest {
    @Test
    void knowsTheProcessorAndWhatDecidesItsKernels() {
        var machine = Machine.of(
                "amd64",
                List.of(
                        "processor\t: 0",
                        "model name\t: AMD EPYC 7763 64-Core Processor",
                        "flags\t\t: fpu sse2 fma avx f16c avx2",
                        "processor\t: 1",
                        "model name\t: another one"));

        assertThat(machine)
                .isEqualTo(
                        new Machine("AMD EPYC 7763 64-Core Processor", "amd64", List.of("avx", "avx2", "f16c", "fma")));
    }

    @Test
    void knowsAnArmProcessorByItsNumbers() {
        var machine = Machine.of(
                "aarch64",
                List.of("Features\t: fp asimd aes asimddp i8mm", "CPU implementer\t: 0x41", "CPU part\t: 0xd40"));

        assertThat(machine).isEqualTo(new Machine("0x41 0xd40", "aarch64", List.of("asimd", "asimddp", "i8mm")));
    }

    @Test
    void isUnknownWhereTheSystemDoesNotTell() {
        assertThat(Machine.of("amd64", List.of())).isEqualTo(new Machine("unknown", "amd64", List.of()));
    }
}

package dev.millrace.quantization.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PackedLevelsTest {
    private static final byte[] LEVELS = {1, 2, 3, 4, 5, 15};

    @Test
    void putsTheFirstOfTwoIntoTheLowerHalf() {
        assertThat(PackedLevels.pack(LEVELS, 4, 6)).containsExactly(0x21, 0x43, 0xf5);
    }

    @Test
    void startsEachRowWithAByteOfItsOwn() {
        assertThat(PackedLevels.pack(LEVELS, 4, 3)).containsExactly(0x21, 0x03, 0x54, 0x0f);
    }

    @Test
    void leavesEightBitsAsTheyAre() {
        assertThat(PackedLevels.pack(LEVELS, 8, 3)).isEqualTo(LEVELS);
    }
}

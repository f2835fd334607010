package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.DataType;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class DirectMemoryTest {
    private static final int MEBIBYTE = 1 << 20;

    @Test
    void doesNotGrowWithValuesThatNobodyHolds() {
        long before = DirectMemory.used();
        long most = 0;
        for (int i = 0; i < 600; i++) {
            assertThat(Value.zeros(DataType.INT8, MEBIBYTE).number(0)).isZero();
            most = Math.max(most, DirectMemory.used());
        }

        assertThat(most - before).isLessThan(300L * MEBIBYTE);
    }

    @Test
    void keepsValuesThatAreHeld() {
        var held = new ArrayList<Value>();
        for (int i = 0; i < 100; i++) {
            held.add(Value.full(DataType.INT8, i % 100, MEBIBYTE));
        }

        for (int i = 0; i < 100; i++) {
            assertThat(held.get(i).number(MEBIBYTE - 1)).isEqualTo(i);
        }
    }
}

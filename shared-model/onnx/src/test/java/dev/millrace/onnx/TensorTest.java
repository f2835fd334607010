package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"})
    void floatingPointTypesKeepWhatTheyCanHold(DataType type) {
        float[] values = {0, -0f, 1, -1.5f, 0.0078125f, 240, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        var tensor = Tensor.floats("t", type, values, 2, 4);
        assertThat(tensor.floats()).containsExactly(values);
        assertThat(tensor.sizeBytes()).isEqualTo(values.length * type.bits() / 8);
        assertThat(Tensor.floats("n", type, new float[] {Float.NaN}).floats()[0])
                .isNaN();
    }

    @Test
    void everyFloat16SurvivesARoundTrip() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = Numbers.halfToFloat((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(Numbers.floatToHalf(value)).isEqualTo((short) bits);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1.00048828125, 0x3c00", // a tie, to even
        "1.00146484375, 0x3c02", // a tie, to even
        "65519, 0x7bff",
        "65520, 0x7c00",
        "5.960464477539063e-8, 0x0001",
        "2.980232238769531e-8, 0x0000", // half of the smallest, to even
        "-6.103515625e-5, 0x8400"
    })
    void float16RoundsToNearestEven(float value, String bits) {
        assertThat(Numbers.floatToHalf(value) & 0xffff).isEqualTo(Integer.decode(bits));
    }

    @Test
    void smallTypesAreUnpackedFromTheLowestBits() {
        assertThat(Tensor.bytes("u", DataType.UINT4, new byte[] {(byte) 0xf1, 0x02}, 3)
                        .longs())
                .containsExactly(1, 15, 2);
        assertThat(Tensor.bytes("i", DataType.INT4, new byte[] {(byte) 0xf8}, 2).longs())
                .containsExactly(-8, -1);
        assertThat(Tensor.bytes("t", DataType.INT2, new byte[] {(byte) 0b10_01_11_00}, 4)
                        .longs())
                .containsExactly(0, -1, 1, -2);
        assertThat(Tensor.bytes("f", DataType.FLOAT4E2M1, new byte[] {(byte) 0xd7}, 2)
                        .floats())
                .containsExactly(6, -3);
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT8E4M3FN, 0x7e, 448",
        "FLOAT8E4M3FN, 0x01, 0.001953125",
        "FLOAT8E4M3FN, 0x7f, NaN",
        "FLOAT8E4M3FNUZ, 0x7f, 240",
        "FLOAT8E4M3FNUZ, 0x80, NaN",
        "FLOAT8E5M2, 0x7b, 57344",
        "FLOAT8E5M2, 0xfc, -Infinity",
        "FLOAT8E5M2FNUZ, 0x7f, 57344",
        "FLOAT8E8M0, 0x7f, 1"
    })
    void float8ReadsAsItsSpecificationSays(DataType type, String bits, float expected) {
        var tensor = Tensor.bytes("t", type, new byte[] {Integer.decode(bits).byteValue()}, 1);
        assertThat(tensor.floats()).containsExactly(expected);
    }

    @Test
    void typedFieldsReadLikeRawBytes() {
        var floats = TensorProto.newBuilder()
                .setDataType(1)
                .addDims(2)
                .addFloatData(1.5f)
                .addFloatData(-2);
        assertThat(TypedFields.tensor(floats.build()).floats()).containsExactly(1.5f, -2);
        var half = TensorProto.newBuilder().setDataType(10).addDims(1).addInt32Data(0x3c00);
        assertThat(TypedFields.tensor(half.build()).floats()).containsExactly(1);
        var packed = TensorProto.newBuilder().setDataType(22).addDims(2).addInt32Data(0xf8);
        assertThat(TypedFields.tensor(packed.build()).longs()).containsExactly(-8, -1);
        var unsigned = TensorProto.newBuilder().setDataType(12).addDims(1).addUint64Data(0xffffffffL);
        assertThat(TypedFields.tensor(unsigned.build()).longs()).containsExactly(0xffffffffL);
    }

    @Test
    void bytesMustFitTheShape() {
        assertThatThrownBy(() -> Tensor.of("t", DataType.FLOAT, ByteBuffer.allocate(8), 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("t: 8 bytes do not make FLOAT[3]");
        assertThatThrownBy(() -> Tensor.floats("t", new float[6], 2, 3).withDims(4, 2))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lazyDataIsReadOnlyWhenAskedFor() {
        int[] reads = {0};
        var tensor = Tensor.of(
                "t",
                DataType.INT8,
                TensorData.computed(() -> {
                    reads[0]++;
                    return ByteBuffer.wrap(new byte[] {1, 2, 3});
                }),
                3);
        assertThat(tensor.toString()).isEqualTo("t INT8[3]");
        assertThat(reads[0]).isZero();
        assertThat(tensor.longs()).containsExactly(1, 2, 3);
        assertThat(reads[0]).isEqualTo(1);
    }

    @Test
    void equalityIsAboutContentNotStorage() {
        var a = Tensor.floats("t", new float[] {1, 2}, 2);
        assertThat(a).isEqualTo(Tensor.of("t", DataType.FLOAT, TensorData.computed(a::bytes), 2));
        assertThat(a).isNotEqualTo(a.withName("u")).isNotEqualTo(a.withDims(1, 2));
        assertThat(a).isNotEqualTo(a.withFloats(new float[] {1, 3}));
    }
}

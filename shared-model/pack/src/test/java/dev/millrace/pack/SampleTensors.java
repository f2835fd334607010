package dev.millrace.pack;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Models of one large tensor, of every kind that compression leaves behind. */
enum SampleTensors {
    FLOAT32(DataType.FLOAT, 4) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putFloat((float) random.nextGaussian());
        }
    },
    PRUNED(DataType.FLOAT, 4) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putFloat(random.nextInt(50) > 0 ? 0 : (float) random.nextGaussian());
        }
    },
    CLUSTERED(DataType.FLOAT, 4) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putFloat(Math.round(4 * random.nextGaussian()) * 0.173f);
        }
    },
    PRUNED_AND_CLUSTERED(DataType.FLOAT, 4) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putFloat(random.nextInt(50) > 0 ? 0 : 0.1f + random.nextInt(16));
        }
    },
    ODD_FLOATS(DataType.FLOAT, 4) {
        private final float[] odd = {
            -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE
        };

        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putInt(random.nextBoolean() ? random.nextInt() : Float.floatToRawIntBits(odd[random.nextInt(6)]));
        }
    },
    FLOAT16(DataType.FLOAT16, 2) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putShort((short) (random.nextInt() & 0xbfff));
        }
    },
    BFLOAT16(DataType.BFLOAT16, 2) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putShort((short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16));
        }
    },
    DOUBLE(DataType.DOUBLE, 8) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putDouble(random.nextGaussian());
        }
    },
    INT8(DataType.INT8, 1) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.put((byte) (30 * random.nextGaussian()));
        }
    },
    UINT8_NIBBLES(DataType.UINT8, 1) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.put((byte) (nibble(random) | nibble(random) << 4));
        }
    },
    INT4(DataType.INT4, 1) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.put((byte) (nibble(random) | nibble(random) << 4));
        }
    },
    INT64(DataType.INT64, 8) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putLong(random.nextInt(100_000));
        }
    },
    INT64_OF_FEW(DataType.INT64, 8) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putLong(random.nextInt(7) - 3);
        }
    },
    CONSTANT(DataType.FLOAT, 4) {
        @Override
        void put(ByteBuffer bytes, Random random) {
            bytes.putFloat(1);
        }
    };

    static final int ROWS = 61;
    static final int COLUMNS = 70;

    final DataType type;
    private final int width;

    SampleTensors(DataType type, int width) {
        this.type = type;
        this.width = width;
    }

    /** Puts the next number, or the next byte of two. */
    abstract void put(ByteBuffer bytes, Random random);

    private static int nibble(Random random) {
        return (int) Math.max(-8, Math.min(7, 2 * random.nextGaussian())) & 15;
    }

    Model model() {
        var random = new Random(name().hashCode());
        int count = ROWS * COLUMNS / (type == DataType.INT4 ? 2 : 1);
        var bytes = ByteBuffer.allocate(count * width).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            put(bytes, random);
        }
        var graph = new Graph("main");
        graph.put(Tensor.of("weight", type, bytes.flip(), ROWS, COLUMNS));
        return new Model(graph, 21);
    }
}

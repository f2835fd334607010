package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Pictures, resized, cropped and normalized: {@code (1, C, H, W)} or {@code (1, H, W, C)}. */
final class ImageSource implements SampleSource {
    static {
        ImageIO.setUseCache(false);
    }

    private final FileList files;
    private final Optional<Transcripts> transcripts;
    private final Normalization normalization;
    private final DataType type;
    private final boolean channelsLast;
    private final String channelOrder;
    private final int @Nullable [] resize;
    private final int @Nullable [] crop;

    ImageSource(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        files = FileList.of(path, DataFormat.IMAGES);
        transcripts = Transcripts.of(options);
        var target = inputs.stream().filter(input -> input.rank() == 4).findFirst();
        type = target.map(ValueSpec::type)
                .filter(found -> found == DataType.UINT8)
                .orElse(DataType.FLOAT);
        normalization = Normalization.of(options, type == DataType.UINT8 ? 1 : 1 / 255.0);
        boolean modelLast =
                target.isPresent() && !isChannels(size(target.get(), 1)) && isChannels(size(target.get(), 3));
        channelsLast = options.word("layout", modelLast ? "nhwc" : "nchw", "nchw", "nhwc")
                .equals("nhwc");
        boolean gray = target.isPresent() && size(target.get(), channelsLast ? 3 : 1) == 1;
        channelOrder = options.word("channelOrder", gray ? "gray" : "rgb", "rgb", "bgr", "gray");
        crop = sides(options, "crop");
        int height =
                target.map(input -> (int) size(input, channelsLast ? 1 : 2)).orElse(-1);
        int width = target.map(input -> (int) size(input, channelsLast ? 2 : 3)).orElse(-1);
        var given = sides(options, "resize");
        resize = given == null && crop == null && height > 0 && width > 0 ? new int[] {height, width} : given;
        normalization.requireChannels(channelOrder.equals("gray") ? 1 : 3, options);
    }

    private static boolean isChannels(long size) {
        return size == 1 || size == 3;
    }

    private static long size(ValueSpec input, int axis) {
        return input.dims().get(axis).size();
    }

    private static int @Nullable [] sides(DataOptions options, String name) {
        var numbers = options.numbers(name).orElse(null);
        if (numbers == null) {
            return null;
        }
        var sides = new int[numbers.length];
        for (int i = 0; i < sides.length; i++) {
            sides[i] = (int) numbers[i];
            if (sides[i] < 1 || sides[i] != numbers[i] || sides.length > 2) {
                throw options.refused(name, List.of(numbers).toString(), "a size in pixels, or height;width");
            }
        }
        return sides;
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index >= files.files().size()) {
            return null;
        }
        var file = files.files().get((int) index);
        return Sample.row("image", value(decode(file)), label(file), files.where(file));
    }

    private @Nullable Value label(Path file) {
        if (transcripts.isPresent()) {
            return transcripts.get().of(files.root().relativize(file));
        }
        int label = files.label(file);
        return label < 0 ? null : Value.of(new long[] {label}, 1);
    }

    private BufferedImage decode(Path file) throws IOException {
        BufferedImage image;
        try {
            image = ImageIO.read(file.toFile());
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new RefusedException(
                    "DATA_MALFORMED",
                    files.where(file),
                    String.valueOf(e.getMessage()),
                    "a PNG, JPEG, BMP or GIF picture");
        }
        if (image == null) {
            throw new RefusedException(
                    "DATA_MALFORMED", files.where(file), "no picture", "a PNG, JPEG, BMP or GIF picture");
        }
        return image;
    }

    private Value value(BufferedImage image) {
        var picture = Picture.of(image);
        if (resize != null) {
            picture = resize.length == 2 ? picture.resized(resize[0], resize[1]) : picture.shorterSide(resize[0]);
        }
        if (crop != null) {
            picture = picture.center(crop[0], crop[crop.length - 1]);
        }
        int channels = channelOrder.equals("gray") ? 1 : 3;
        int height = picture.height();
        int width = picture.width();
        var value = channelsLast
                ? Value.zeros(type, 1, height, width, channels)
                : Value.zeros(type, 1, channels, height, width);
        var bytes = value.bytes();
        for (int channel = 0; channel < channels; channel++) {
            for (int pixel = 0; pixel < height * width; pixel++) {
                float x = normalization.apply(intensity(picture, pixel, channel), channel);
                int position = channelsLast ? pixel * channels + channel : channel * height * width + pixel;
                if (type == DataType.UINT8) {
                    bytes.put(position, (byte) Math.round(x));
                } else {
                    bytes.putFloat(position * Float.BYTES, x);
                }
            }
        }
        return value;
    }

    /** 0..255. */
    private float intensity(Picture picture, int pixel, int channel) {
        return switch (channelOrder) {
            case "gray" -> picture.gray(pixel);
            case "bgr" -> picture.channel(pixel, 2 - channel);
            default -> picture.channel(pixel, channel);
        };
    }

    @Override
    public long count() {
        return files.files().size();
    }
}

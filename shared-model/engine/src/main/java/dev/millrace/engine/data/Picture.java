package dev.millrace.engine.data;

import java.awt.image.BufferedImage;

/** Red, green and blue of every pixel, 0..255. */
final class Picture {
    private static final int CHANNELS = 3;

    private final int height;
    private final int width;

    /** {@code (height, width, 3)}. */
    private final float[] pixels;

    private Picture(int height, int width, float[] pixels) {
        this.height = height;
        this.width = width;
        this.pixels = pixels;
    }

    static Picture of(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        var pixels = new float[height * width * CHANNELS];
        var row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                int at = (y * width + x) * CHANNELS;
                pixels[at] = row[x] >> 16 & 0xff;
                pixels[at + 1] = row[x] >> 8 & 0xff;
                pixels[at + 2] = row[x] & 0xff;
            }
        }
        return new Picture(height, width, pixels);
    }

    int height() {
        return height;
    }

    int width() {
        return width;
    }

    float channel(int pixel, int channel) {
        return pixels[pixel * CHANNELS + channel];
    }

    /** Luma of ITU-R BT.601. */
    float gray(int pixel) {
        return 0.299f * channel(pixel, 0) + 0.587f * channel(pixel, 1) + 0.114f * channel(pixel, 2);
    }

    /** The shorter side becomes {@code side}, the proportions stay. */
    Picture shorterSide(int side) {
        return height < width
                ? resized(side, Math.max(1, (int) ((long) width * side / height)))
                : resized(Math.max(1, (int) ((long) height * side / width)), side);
    }

    /**
     * Bilinear, with the triangle differentiable when shrinking so that every pixel counts: what Pillow and torchvision with
     * antialiasing do.
     */
    Picture resized(int newHeight, int newWidth) {
        var wide = alongRows(newWidth);
        return wide.transposed().alongRows(newHeight).transposed();
    }

    private Picture alongRows(int newWidth) {
        if (newWidth == width) {
            return this;
        }
        double scale = (double) width / newWidth;
        double support = Math.max(1, scale);
        var resized = new float[height * newWidth * CHANNELS];
        for (int x = 0; x < newWidth; x++) {
            double center = (x + 0.5) * scale;
            int from = Math.max(0, (int) (center - support + 0.5));
            int to = Math.min(width, (int) (center + support + 0.5));
            var weights = new double[to - from];
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                weights[i] = Math.max(0, 1 - Math.abs((from + i + 0.5 - center) / support));
                sum += weights[i];
            }
            for (int y = 0; y < height; y++) {
                for (int channel = 0; channel < CHANNELS; channel++) {
                    double total = 0;
                    for (int i = 0; i < weights.length; i++) {
                        total += weights[i] * pixels[(y * width + from + i) * CHANNELS + channel];
                    }
                    resized[(y * newWidth + x) * CHANNELS + channel] = (float) (total / sum);
                }
            }
        }
        return new Picture(height, newWidth, resized);
    }

    private Picture transposed() {
        var turned = new float[pixels.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                System.arraycopy(pixels, (y * width + x) * CHANNELS, turned, (x * height + y) * CHANNELS, CHANNELS);
            }
        }
        return new Picture(width, height, turned);
    }

    /** The middle; where the picture is smaller, black around it. */
    Picture center(int newHeight, int newWidth) {
        var cut = new float[newHeight * newWidth * CHANNELS];
        int top = Math.floorDiv(height - newHeight, 2);
        int left = Math.floorDiv(width - newWidth, 2);
        for (int y = Math.max(0, -top); y < Math.min(newHeight, height - top); y++) {
            int from = Math.max(0, -left);
            int to = Math.min(newWidth, width - left);
            System.arraycopy(
                    pixels,
                    ((y + top) * width + from + left) * CHANNELS,
                    cut,
                    (y * newWidth + from) * CHANNELS,
                    (to - from) * CHANNELS);
        }
        return new Picture(newHeight, newWidth, cut);
    }
}

package dev.millrace.onnx.channel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Union-find over every index of every axis, with the reasons why some may not go. */
final class AxisUnion {
    private final Map<Axis, Integer> first = new LinkedHashMap<>();
    private final Map<Axis, Integer> size = new HashMap<>();
    private final Map<Integer, String> pins = new HashMap<>();
    private final int[] parent;

    AxisUnion(Map<String, long[]> dims) {
        int next = 0;
        for (var entry : dims.entrySet()) {
            for (int axis = 0; axis < entry.getValue().length; axis++) {
                var key = new Axis(entry.getKey(), axis);
                first.put(key, next);
                size.put(key, Math.toIntExact(entry.getValue()[axis]));
                next = Math.addExact(next, size.get(key));
            }
        }
        parent = new int[next];
        Arrays.setAll(parent, i -> i);
    }

    int size(Axis axis) {
        return size.getOrDefault(axis, 0);
    }

    Iterable<Axis> axes() {
        return first.keySet();
    }

    /** The component of an index. */
    int find(Axis axis, int index) {
        return find(first.getOrDefault(axis, 0) + index);
    }

    private int find(int element) {
        int root = element;
        while (parent[root] != root) {
            parent[root] = parent[parent[root]];
            root = parent[root];
        }
        return root;
    }

    /**
     * Index {@code k} of {@code part} lives as long as the indices {@code p} of {@code whole} with {@code offset ≤ p <
     * offset + extent} and {@code (p − offset) / repeat mod size(part) = k}.
     */
    void tie(Axis part, Axis whole, int offset, int extent, int repeat) {
        for (int p = 0; p < extent; p++) {
            join(find(part, p / repeat % size(part)), find(whole, offset + p));
        }
    }

    /** All indices of both ranges live and go together. */
    void join(Axis a, int firstA, int countA, Axis b, int firstB, int countB) {
        for (int i = 0; i < countA; i++) {
            join(find(b, firstB), find(a, firstA + i));
        }
        for (int i = 1; i < countB; i++) {
            join(find(b, firstB), find(b, firstB + i));
        }
    }

    private void join(int a, int b) {
        if (a != b) {
            parent[b] = a;
            var reason = pins.get(b);
            if (reason != null) {
                pins.putIfAbsent(a, reason);
            }
        }
    }

    /** Keeps all indices of an axis; the first reason stays. */
    void pin(Axis axis, String reason) {
        for (int index = 0; index < size(axis); index++) {
            pins.putIfAbsent(find(axis, index), reason);
        }
    }

    boolean free(Axis axis) {
        for (int index = 0; index < size(axis); index++) {
            if (pins.containsKey(find(axis, index))) {
                return false;
            }
        }
        return size(axis) > 0;
    }

    /** Why indices of an axis stay; empty if all may go. */
    List<String> reasons(Axis axis) {
        var reasons = new TreeSet<String>();
        for (int index = 0; index < size(axis); index++) {
            var reason = pins.get(find(axis, index));
            if (reason != null) {
                reasons.add(reason);
            }
        }
        return new ArrayList<>(reasons);
    }

    boolean pinned(int component) {
        return pins.containsKey(component);
    }
}

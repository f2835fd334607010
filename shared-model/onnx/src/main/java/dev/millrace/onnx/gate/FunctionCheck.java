package dev.millrace.onnx.gate;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Function;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Model-local functions: no recursion, no deep chains, and no more nodes than allowed once every call is expanded. */
final class FunctionCheck {
    private final Model model;
    private final Limits limits;
    private final Map<String, Function> functions = new HashMap<>();
    private final Map<String, Long> expandedNodes = new HashMap<>();
    private final Set<String> open = new HashSet<>();

    FunctionCheck(Model model, Limits limits) {
        this.model = model;
        this.limits = limits;
    }

    /** Domains that functions of the model define. */
    Set<String> domains() {
        return functions.values().stream().map(Function::domain).collect(Collectors.toSet());
    }

    void check() {
        for (var function : model.functions()) {
            var key = key(function.domain(), function.name(), function.rest().getOverload());
            if (functions.put(key, function) != null) {
                throw new RefusedException(
                        "DUPLICATE_NAME", "function '" + function.name() + "'", "defined twice", "one definition");
            }
        }
        functions.keySet().forEach(this::expanded);
        expanded(model.graph());
    }

    /** Nodes of a function once everything it calls is expanded. */
    private long expanded(String key) {
        var known = expandedNodes.get(key);
        if (known != null) {
            return known;
        }
        if (!open.add(key)) {
            throw new RefusedException(
                    "FUNCTION_RECURSION", "function '" + key + "'", "it calls itself", "no recursion");
        }
        if (open.size() > limits.depth()) {
            throw new RefusedException(
                    "FUNCTION_DEPTH",
                    "function '" + key + "'",
                    "calls nested deeper than " + limits.depth(),
                    "at most " + limits.depth());
        }
        var function = functions.get(key);
        long nodes = function == null ? 0 : expanded(function.body());
        open.remove(key);
        expandedNodes.put(key, nodes);
        return nodes;
    }

    private long expanded(Graph graph) {
        long sum = 0;
        for (var each : graph.graphs().toList()) {
            for (var node : each.nodes()) {
                var key = key(node.domain(), node.opType(), node.overload());
                sum += functions.containsKey(key) ? expanded(key) : 1;
                if (sum > limits.nodes()) {
                    throw new RefusedException(
                            "TOO_MANY_NODES",
                            node.toString(),
                            "more than " + limits.nodes() + " nodes, function calls expanded",
                            "at most " + limits.nodes());
                }
            }
        }
        return sum;
    }

    private static String key(String domain, String name, String overload) {
        return domain + "::" + name + (overload.isEmpty() ? "" : ":" + overload);
    }
}

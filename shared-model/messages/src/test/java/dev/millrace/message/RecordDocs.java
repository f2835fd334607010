package dev.millrace.message;

import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.TextTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** What the Javadoc of the records says, so that schemas say the same. */
final class RecordDocs {
    private final Map<String, String> texts = new HashMap<>();

    /** Reads the sources of this package. */
    static RecordDocs ofSources() throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null);
                var paths = Files.list(Path.of("src/main/java/dev/millrace/message"))) {
            var sources = files.getJavaFileObjectsFromPaths(paths.toList());
            var task = (JavacTask) compiler.getTask(null, files, null, null, null, sources);
            var docs = new RecordDocs();
            for (var unit : task.parse()) {
                docs.new Reader(DocTrees.instance(task)).scan(unit, null);
            }
            return docs;
        }
    }

    /** First sentences of a type, up to its tags. */
    Optional<String> of(Class<?> type) {
        return Optional.ofNullable(texts.get(type.getSimpleName()));
    }

    Optional<String> of(Class<?> type, String component) {
        return Optional.ofNullable(texts.get(type.getSimpleName() + "." + component));
    }

    private final class Reader extends TreePathScanner<@Nullable Void, @Nullable Void> {
        private final DocTrees trees;

        Reader(DocTrees trees) {
            this.trees = trees;
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void ignored) {
            read(type.getSimpleName().toString(), getCurrentPath());
            return super.visitClass(type, null);
        }

        private void read(String name, TreePath path) {
            var comment = trees.getDocCommentTree(path);
            if (comment == null) {
                return;
            }
            texts.put(name, plain(comment.getFirstSentence()));
            for (var tag : comment.getBlockTags()) {
                if (tag instanceof ParamTree parameter) {
                    texts.put(name + "." + parameter.getName(), plain(parameter.getDescription()));
                }
            }
        }

        private String plain(List<? extends DocTree> text) {
            return text.stream()
                    .map(this::plain)
                    .collect(Collectors.joining())
                    .replaceAll("\\s+", " ")
                    .strip();
        }

        private String plain(DocTree tree) {
            if (tree instanceof TextTree text) {
                return text.getBody();
            }
            if (tree instanceof LiteralTree literal) {
                return literal.getBody().getBody();
            }
            return tree instanceof LinkTree link ? link.getReference().getSignature() : "";
        }
    }
}

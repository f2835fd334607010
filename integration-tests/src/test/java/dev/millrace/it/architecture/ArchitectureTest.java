package dev.millrace.it.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.millrace.stage.Technique;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The dependency rules of the design, over every class of the product. */
class ArchitectureTest {
    private static final List<String> SERVICES = List.of(
            "pruning",
            "factorization",
            "distillation",
            "quantization",
            "compilation",
            "nas",
            "evaluation",
            "orchestrator",
            "gateway");
    private static final String[] NUMERIC = {
        "dev.millrace.onnx..",
        "dev.millrace.engine..",
        "dev.millrace.stage..",
        "dev.millrace.training..",
        "dev.millrace.pruning..",
        "dev.millrace.factorization..",
        "dev.millrace.distillation..",
        "dev.millrace.quantization..",
        "dev.millrace.nas..",
        "dev.millrace.compilation..",
        "dev.millrace.evaluation.."
    };

    private static JavaClasses product;

    @BeforeAll
    static void readTheProduct() {
        product = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.millrace");
        assertThat(product).as("classes of the product on the class path").hasSizeGreaterThan(100);
    }

    @Test
    void noServiceKnowsAnotherService() {
        for (var service : SERVICES) {
            var others = SERVICES.stream()
                    .filter(other -> !other.equals(service))
                    .map(other -> "dev.millrace." + other + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage("dev.millrace." + service + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(others)
                    .check(product);
        }
    }

    @Test
    void orchestratorAndGatewayNeverSeeTensors() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.millrace.orchestrator..", "dev.millrace.gateway..", "dev.millrace.worker..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl..", "ai.onnxruntime..", "dev.millrace.onnx..", "dev.millrace.engine..")
                .check(product);
    }

    @Test
    void numericCodeKnowsNoContainer() {
        noClasses()
                .that()
                .resideInAnyPackage(NUMERIC)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "jakarta..",
                        "org.eclipse.microprofile..",
                        "io.quarkus..",
                        "io.smallrye..",
                        "org.apache.kafka..",
                        "dev.millrace.worker..",
                        "dev.millrace.artifact..")
                .check(product);
    }

    @Test
    void techniquesThatDependOnTheMachineSaySo() {
        var machine = List.of(
                "dev.millrace.engine.Latency",
                "dev.millrace.engine.train.Precision",
                "dev.millrace.stage.Target",
                "dev.millrace.quantization.SaturationProbe",
                "dev.millrace.evaluation.LatencyRuns");
        var onlyNear = List.of("WeightOnly", "WeightStorage", "Search"); // share classes with those that measure
        var techniques = product.stream()
                .filter(type -> type.isAssignableTo(Technique.class) && !type.isInterface())
                .filter(type -> !onlyNear.contains(type.getSimpleName()))
                .filter(type -> type.getTransitiveDependenciesFromSelf().stream()
                        .anyMatch(dependency ->
                                machine.contains(dependency.getTargetClass().getName())))
                .toList();

        assertThat(techniques).as("techniques that measure time").hasSizeGreaterThan(10);
        assertThat(techniques.stream()
                        .filter(type -> type.getMethods().stream()
                                .noneMatch(method -> method.getName().equals("belongsToMachine"))))
                .as("techniques whose results answer on every machine though they depend on it")
                .isEmpty();
    }

    @Test
    void messagesDependOnNothingOfOurs() {
        noClasses()
                .that()
                .resideInAPackage("dev.millrace.message..")
                .should()
                .dependOnClassesThat(ourClassesOutside("dev.millrace.message"))
                .check(product);
    }

    @Test
    void packedModelsAreReadByTheJdkAlone() {
        noClasses()
                .that()
                .resideInAPackage("dev.millrace.pack..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("dev.millrace.pack..", "java..", "org.jspecify..")
                .check(product);
    }

    @Test
    void theInsideOfPackingIsUsedByPackingAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.millrace.pack..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.millrace.pack.coder..",
                        "dev.millrace.pack.model..",
                        "dev.millrace.pack.onnx..",
                        "dev.millrace.pack.plan..",
                        "dev.millrace.pack.planes..")
                .check(product);
    }

    @Test
    void theTwoWaysOfPruningShareTheirViewOfWeightsAlone() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.millrace..")
                .layer("stage")
                .definedBy("dev.millrace.pruning")
                .layer("sparsity")
                .definedBy("dev.millrace.pruning.sparsity")
                .layer("structured")
                .definedBy("dev.millrace.pruning.structured")
                .layer("weight")
                .definedBy("dev.millrace.pruning.weight")
                .whereLayer("stage")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("sparsity")
                .mayOnlyBeAccessedByLayers("stage")
                .whereLayer("structured")
                .mayOnlyBeAccessedByLayers("stage")
                .whereLayer("weight")
                .mayOnlyBeAccessedByLayers("sparsity", "structured")
                .check(product);
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(product.stream()
                        .map(JavaClass::getPackage)
                        .distinct()
                        .filter(p -> p.getClasses().stream()
                                .anyMatch(c -> !c.getSimpleName().equals("package-info")))
                        .filter(p -> !p.isAnnotatedWith(NullMarked.class))
                        .map(JavaPackage::getName))
                .as("packages without @NullMarked")
                .isEmpty();
    }

    @Test
    void namesAreNounsOfTheField() {
        var banned = Stream.of("Impl", "Util", "Utils", "Helper", "Manager", "Factory")
                .map(suffix -> ".*" + suffix)
                .toList();
        classes()
                .that()
                .resideInAPackage("dev.millrace..")
                .should(new com.tngtech.archunit.lang.ArchCondition<>("have no filler suffix") {
                    @Override
                    public void check(JavaClass type, com.tngtech.archunit.lang.ConditionEvents events) {
                        if (banned.stream().anyMatch(type.getSimpleName()::matches)) {
                            events.add(com.tngtech.archunit.lang.SimpleConditionEvent.violated(
                                    type, type.getName() + " is named by its mechanics"));
                        }
                    }
                })
                .check(product);
    }

    private static DescribedPredicate<JavaClass> ourClassesOutside(String home) {
        return DescribedPredicate.describe(
                "our classes outside " + home,
                type -> type.getPackageName().startsWith("dev.millrace.")
                        && !type.getPackageName().startsWith(home));
    }
}

package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestRulesTest {
    private static final String MODEL = "'model':{'uri':'file:/models/a.onnx'}";
    private static final String CALIBRATION = "'data':{'calibration':{'uri':'file:/data/c.npz'}}";
    private static final Catalogue CATALOGUE = new Catalogue(Map.of(
            "quantization",
            new StageRegistered(
                    "quantization",
                    "1",
                    List.of(
                            new TechniqueDescription("quantization", "dynamic", "", "", List.of(), List.of()),
                            new TechniqueDescription(
                                    "quantization",
                                    "static",
                                    "",
                                    "",
                                    List.of("calibration"),
                                    List.of(
                                            option("perChannel", "boolean", "true"),
                                            option("method", "minmax|entropy", "\"minmax\""),
                                            option("subsetSize", "integer", "128"),
                                            option("percentile", "number", "99.9"),
                                            option("ignored", "strings", "[]"),
                                            option("suffix", "string", "\"q\"")))))));
    private static final RequestRules RULES =
            new RequestRules(CATALOGUE, Set.of("pruning", "quantization", "evaluation"));

    @Test
    void acceptsARecipeOfTheCatalogue() {
        assertThatCode(() -> RULES.check(request(
                        "{%s,%s,'recipe':[{'stage':'quantization','technique':'static','options':{'perChannel':false,"
                                + "'method':'entropy','subsetSize':64,'percentile':99,'ignored':['*head*'],'suffix':null}}],"
                                + "'objective':{'metric':'top1','maxDrop':0.01}}")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{%s,'auto':{'trials':3},'data':{'evaluation':{'uri':'file:/d'}}}",
                "{%s,%s,'auto':{'seconds':60},'objective':{'metric':'cosine.logits','maxDrop':0.01}}",
                "{%s,'auto':{'trials':3},'objective':{'metric':'cosine','maxDrop':0.01}}",
                "{%s,'recipe':[{'stage':'pruning','technique':'x'}],'objective':{'minimise':'latency'}}"
            })
    void acceptsWhatCanBeMeasured(String json) {
        assertThatCode(() -> RULES.check(request(json))).doesNotThrowAnyException();
    }

    @Test
    void acceptsASingleValueForAList() {
        assertThatCode(() -> RULES.check(request("{%s,%s,'recipe':[{'stage':'quantization','technique':'static',"
                        + "'options':{'ignored':'*head*'}}]}")))
                .doesNotThrowAnyException();
    }

    @Test
    void acceptsAnExpectedStageWhoseWorkerHasNotBeenUp() {
        assertThatCode(() -> RULES.check(request("{%s,'recipe':[{'stage':'pruning','technique':'whatever'}]}")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '"', textBlock = """
            {'recipe':[{'stage':'quantization','technique':'dynamic'}]} ~ MISSING_MODEL ~ model
            {'model':{'uri':'http://x/a.onnx'},'recipe':[{'stage':'quantization','technique':'dynamic'}]} ~ BAD_REFERENCE ~ model.uri
            {'model':{'uri':'millrace:sha256/../../etc'},'recipe':[{'stage':'quantization','technique':'dynamic'}]} ~ BAD_REFERENCE ~ model.uri
            {'model':{'uri':'file:/a','sha256':'ABC'},'recipe':[{'stage':'quantization','technique':'dynamic'}]} ~ BAD_REFERENCE ~ model.sha256
            {%s} ~ EMPTY_RECIPE ~ recipe
            {%s,'auto':{}} ~ BAD_BUDGET ~ auto
            {%s,'auto':{'trials':0}} ~ BAD_BUDGET ~ auto.trials
            {%s,'auto':{'seconds':0}} ~ BAD_BUDGET ~ auto.seconds
            {%s,'auto':{'trials':3},'recipe':[{'stage':'quantization','technique':'dynamic'}]} ~ AUTO_WITH_RECIPE ~ auto
            {%s,'recipe':[{'technique':'dynamic'}]} ~ UNKNOWN_STAGE ~ recipe[0].stage
            {%s,'recipe':[{'stage':'qantization','technique':'dynamic'}]} ~ UNKNOWN_STAGE ~ recipe[0].stage
            {%s,'recipe':[{'stage':'quantization'}]} ~ UNKNOWN_TECHNIQUE ~ recipe[0].technique
            {%s,'recipe':[{'stage':'pruning','technique':'x'},{'stage':'quantization','technique':'statc'}]} ~ UNKNOWN_TECHNIQUE ~ recipe[1].technique
            {%s,'recipe':[{'stage':'quantization','technique':'static'}]} ~ MISSING_DATA ~ data.calibration
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic','options':{'bits':4}}]} ~ UNKNOWN_OPTION ~ recipe[0].options
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'data':{'calibraton':{'uri':'file:/d'}}} ~ UNKNOWN_ROLE ~ data
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'data':{'evaluation':{'uri':'ftp:/d'}}} ~ BAD_REFERENCE ~ data.evaluation.uri
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'objective':{'maxDrop':-0.1}} ~ BAD_OBJECTIVE ~ objective.maxDrop
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'target':' '} ~ BAD_TARGET ~ target
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'objective':{'maxDrop':'NaN'}} ~ BAD_OBJECTIVE ~ objective.maxDrop
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'objective':{'maxDrop':0.1}} ~ MISSING_DATA ~ data.evaluation
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'objective':{'metric':'top1'}} ~ MISSING_DATA ~ data.evaluation
            {%s,'recipe':[{'stage':'quantization','technique':'dynamic'}],'objective':{'metric':'top2'}} ~ UNKNOWN_METRIC ~ objective.metric
            {%s,'auto':{'trials':3}} ~ MISSING_DATA ~ data.evaluation
            {%s,'auto':{'trials':3},'data':{'training':{'uri':'file:/d'}}} ~ MISSING_DATA ~ data.evaluation
            {%s,'auto':{'trials':3},'objective':{'metric':'f1','minimise':'macs'}} ~ MISSING_DATA ~ data.evaluation
            {%s,'auto':{'trials':3},'data':{'evaluation':{'uri':'file:/d'}},'objective':{'metric':'cosin'}} ~ UNKNOWN_METRIC ~ objective.metric
            """)
    void refusesWithTheCodeAndThePlace(String json, String code, String where) {
        var problem = refusal(json);
        assertThat(problem.code()).isEqualTo(code);
        assertThat(problem.where()).isEqualTo(where);
        assertThat(problem.found()).isNotEmpty();
        assertThat(problem.allowed()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'perChannel':1",
                "'method':'minimax'",
                "'subsetSize':1.5",
                "'percentile':'99'",
                "'ignored':1",
                "'ignored':[1]",
                "'suffix':['q']"
            })
    void refusesOptionsOfTheWrongType(String option) {
        assertThat(refusal("{%s,%s,'recipe':[{'stage':'quantization','technique':'static','options':{" + option
                                + "}}]}")
                        .code())
                .isEqualTo("BAD_OPTION");
    }

    @Test
    void namesTheNearestKnownName() {
        assertThat(refusal("{%s,'recipe':[{'stage':'quantization','technique':'statc'}]}")
                        .allowed())
                .isEqualTo("did you mean 'static'? known: dynamic, static");
        assertThat(refusal("{%s,'recipe':[{'stage':'quantization','technique':'xyzxyzxyz'}]}")
                        .allowed())
                .isEqualTo("known: dynamic, static");
    }

    @Test
    void refusesAMissingOptionThatHasNoDefault() {
        var sparsity = new TechniqueDescription.Option("sparsity", "number", null, "0 ≤ sparsity < 1", "");
        var pruning = new StageRegistered(
                "pruning",
                "1",
                List.of(new TechniqueDescription("pruning", "magnitude", "", "", List.of(), List.of(sparsity))));
        var rules = new RequestRules(new Catalogue(Map.of("pruning", pruning)), Set.of());
        var refused = catchThrowableOfType(
                RefusedException.class,
                () -> rules.check(request("{%s,'recipe':[{'stage':'pruning','technique':'magnitude'}]}")));
        assertThat(refused.problem())
                .isEqualTo(new Problem(
                        "MISSING_OPTION", "recipe[0].options.sparsity", "absent", "number, 0 ≤ sparsity < 1"));
    }

    @Test
    void refusesARecipeThatIsTooLong() {
        String steps = String.join(",", Collections.nCopies(33, "{'stage':'pruning','technique':'x'}"));
        assertThat(refusal("{%s,'recipe':[" + steps + "]}").code()).isEqualTo("RECIPE_TOO_LONG");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../up", "a/b", ".hidden", "a b", "ä", "a\nb"})
    void refusesJobIdsThatCouldBePathsOrCommands(String id) {
        assertThat(catchThrowableOfType(RefusedException.class, () -> RequestRules.checkJobId(id))
                        .problem()
                        .code())
                .isEqualTo("BAD_JOB_ID");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0b8a2c34-7f5d-4a11-9df0-0f6f8a8f6c1e", "nightly_2026.11.25"})
    void acceptsOrdinaryJobIds(String id) {
        assertThatCode(() -> RequestRules.checkJobId(id)).doesNotThrowAnyException();
    }

    private static Problem refusal(String json) {
        return catchThrowableOfType(RefusedException.class, () -> RULES.check(request(json)))
                .problem();
    }

    /** The first {@code %s} becomes a good model reference, the second calibration data. */
    private static CompressionRequested request(String json) {
        String filled = json.replaceFirst("%s", MODEL).replaceFirst("%s", CALIBRATION);
        try {
            return Json.mapper().readValue(filled.replace('\'', '"'), CompressionRequested.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static TechniqueDescription.Option option(String name, String type, String defaultValue) {
        try {
            return new TechniqueDescription.Option(name, type, Json.mapper().readTree(defaultValue), "", "");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}

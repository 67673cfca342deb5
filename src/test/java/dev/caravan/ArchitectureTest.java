package dev.caravan;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dependencies point one way; packages that do not exist yet have none. */
class ArchitectureTest {
  private static final JavaClasses CARAVAN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.caravan");

  @ParameterizedTest(name = "{0} uses of Caravan only: {1}")
  @CsvSource(
      nullValues = "nothing",
      value = {
        "api, nothing",
        "plan, api",
        "resource, api",
        "chat, nothing",
        "telemetry, nothing",
        "route, api plan chat http telemetry"
      })
  void a_package_uses_only_what_it_may(String name, String allowed) {
    String[] may =
        Stream.concat(
                Stream.of(name), allowed == null ? Stream.empty() : Stream.of(allowed.split(" ")))
            .map(ArchitectureTest::packages)
            .toArray(String[]::new);
    DescribedPredicate<JavaClass> anythingElse =
        resideInAPackage("dev.caravan..").and(DescribedPredicate.not(resideInAnyPackage(may)));
    noClasses()
        .that()
        .resideInAPackage(packages(name))
        .should()
        .dependOnClassesThat(anythingElse)
        .allowEmptyShould(true)
        .check(CARAVAN);
  }

  @Test
  void http_knows_nothing_of_plans_resources_commands_and_routes() {
    noClasses()
        .that()
        .resideInAPackage(packages("http"))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                packages("plan"), packages("resource"), packages("cli"), packages("route")))
        .allowEmptyShould(true)
        .check(CARAVAN);
  }

  @Test
  void nothing_uses_the_commands() {
    noClasses()
        .that()
        .resideOutsideOfPackage(packages("cli"))
        .should()
        .dependOnClassesThat(resideInAPackage(packages("cli")))
        .check(CARAVAN);
  }

  @Test
  void only_the_commands_use_the_wiring() {
    noClasses()
        .that()
        .resideOutsideOfPackages(packages("cli"), packages("runtime"))
        .should()
        .dependOnClassesThat(resideInAPackage(packages("runtime")))
        .check(CARAVAN);
  }

  @Test
  void planning_is_pure() {
    noClasses()
        .that()
        .resideInAnyPackage(packages("plan"), packages("api"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.camel..",
            "io.fabric8.kubernetes..",
            "io.fabric8.crd..",
            "io.quarkus..",
            "io.vertx..",
            "java.io..",
            "java.nio.file..",
            "java.util.concurrent..",
            "org.jboss.logging..")
        .check(CARAVAN);
  }

  private static String packages(String name) {
    return "dev.caravan." + name + "..";
  }
}

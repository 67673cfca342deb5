package dev.caravan.resource;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.api.ApiGroup;
import dev.caravan.api.FieldPath;
import dev.caravan.api.LLMProviderSpec;
import dev.caravan.api.LLMRouteSpec;
import dev.caravan.api.Location;
import dev.caravan.api.Origin;
import dev.caravan.api.Problem;
import dev.caravan.api.Problem.Severity;
import dev.caravan.api.Resource;
import dev.caravan.api.ResourceId;
import dev.caravan.api.SecretData;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the documents of one file into resources; kinds that are not ours are passed over. */
final class ManifestReader {
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
  private static final Pattern SECRET_KEY = Pattern.compile("[-._a-zA-Z0-9]+");
  private static final Set<String> TOP_LEVEL =
      Set.of("apiVersion", "kind", "metadata", "spec", "status");
  private static final List<String> KINDS = List.of(ApiGroup.PROVIDER_KIND, ApiGroup.ROUTE_KIND);

  private final String file;
  private final String defaultNamespace;
  private final List<Resource<LLMProviderSpec>> providers = new ArrayList<>();
  private final List<Resource<LLMRouteSpec>> routes = new ArrayList<>();
  private final List<Resource<SecretData>> secrets = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();

  private ManifestReader(String file, String defaultNamespace) {
    this.file = file;
    this.defaultNamespace = defaultNamespace;
  }

  /**
   * @param file as messages name it; one that ends in {@code .json} is read as JSON
   */
  static Manifest read(String file, byte[] content, String defaultNamespace) {
    return new ManifestReader(file, defaultNamespace).read(content);
  }

  private Manifest read(byte[] content) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      return Manifest.unreadable(
          fileProblem(Severity.ERROR, Reason.PARSE_ERROR, 1, "is not written in UTF-8"));
    }
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    Document.Parsed parsed =
        file.toLowerCase(Locale.ROOT).endsWith(".json")
            ? JsonParser.parse(text)
            : YamlParser.parse(text);
    parsed.documents().forEach(this::object);
    Document.SyntaxError error = parsed.error();
    if (error != null) {
      problems.add(
          fileProblem(
              Severity.ERROR, Reason.PARSE_ERROR, error.line(), "the file " + error.message()));
    }
    return new Manifest(providers, routes, secrets, problems, error != null);
  }

  private Problem fileProblem(Severity severity, String reason, int line, String message) {
    return new Problem(severity, null, reason, "", message, new Location(file, line));
  }

  private void object(Document document) {
    JsonNode tree = document.tree();
    if (!tree.path("kind").isTextual() || !tree.path("apiVersion").isTextual()) {
      problems.add(
          fileProblem(
              Severity.WARNING,
              Reason.NOT_A_RESOURCE,
              document.line(),
              "this document is no Kubernetes object (it needs apiVersion and kind) and is ignored"));
      return;
    }
    String kind = tree.path("kind").textValue();
    String apiVersion = tree.path("apiVersion").textValue();
    if (kind.endsWith("List") && tree.path("items").isArray()) {
      for (int i = 0; i < tree.path("items").size(); i++) {
        object(document.at("items[" + i + "]").withTree(tree.path("items").get(i)));
      }
    } else if (KINDS.contains(kind)) {
      ours(document, kind, apiVersion);
    } else if (kind.equals("Secret") && apiVersion.equals("v1")) {
      Resource<SecretData> secret = identify(document, kind, apiVersion);
      if (secret != null) {
        secrets.add(secret.withSpec(secretData(tree, secret)));
      }
    } else if (apiVersion.startsWith(ApiGroup.NAME + "/")) {
      warnOfUnknownKind(document, kind, apiVersion);
    }
  }

  private void warnOfUnknownKind(Document document, String kind, String apiVersion) {
    boolean meant = KINDS.stream().anyMatch(known -> known.equalsIgnoreCase(kind));
    problems.add(
        fileProblem(
            meant ? Severity.ERROR : Severity.WARNING,
            Reason.UNKNOWN_KIND,
            document.lines().getOrDefault("kind", document.line()),
            "there is no kind \"%s\" in %s, it is ignored%s"
                .formatted(kind, apiVersion, DidYouMean.suffix(kind, KINDS))));
  }

  private void ours(Document document, String kind, String apiVersion) {
    if (kind.equals(ApiGroup.PROVIDER_KIND)) {
      Resource<LLMProviderSpec> resource = identify(document, kind, apiVersion);
      if (resource != null) {
        providers.add(resource.withSpec(spec(document, LLMProviderSpec.class, resource)));
      }
    } else {
      Resource<LLMRouteSpec> resource = identify(document, kind, apiVersion);
      if (resource != null) {
        routes.add(resource.withSpec(spec(document, LLMRouteSpec.class, resource)));
      }
    }
  }

  private <S> S spec(Document document, Class<S> type, Resource<S> resource) {
    if (!ApiGroup.serves(resource.apiVersion())) {
      String wanted = ApiGroup.NAME + "/" + ApiGroup.VERSIONS.getFirst();
      problems.add(
          Problem.error(
              resource,
              Reason.UNKNOWN_VERSION,
              new FieldPath("apiVersion"),
              "must be %s, not \"%s\"".formatted(wanted, resource.apiVersion())));
      return null;
    }
    for (Map.Entry<String, JsonNode> field : document.tree().properties()) {
      String name = field.getKey();
      if (!TOP_LEVEL.contains(name)) {
        problems.add(
            Problem.warning(
                resource,
                Reason.UNKNOWN_FIELD,
                FieldPath.ROOT.child(name),
                "there is no such field, it is ignored" + DidYouMean.suffix(name, TOP_LEVEL)));
      }
    }
    return SpecReader.read(
        document.tree().get("spec"), type, resource, document.booleanKeys(), problems);
  }

  /** The resource without its spec; null if it has no usable name. */
  private <S> Resource<S> identify(Document document, String kind, String apiVersion) {
    JsonNode metadata = document.tree().path("metadata");
    String name = name(document, kind, metadata.path("name"), "metadata.name", null);
    String namespace =
        name(document, kind, metadata.path("namespace"), "metadata.namespace", defaultNamespace);
    if (name == null || namespace == null) {
      return null;
    }
    return new Resource<>(
        apiVersion,
        new ResourceId(kind, namespace, name),
        timestamp(metadata.path("creationTimestamp")),
        null,
        Origin.ofFile(file, document.line(), document.lines()));
  }

  private String name(
      Document document, String kind, JsonNode value, String path, String ifAbsent) {
    boolean absent = value.isMissingNode() || value.isNull();
    if (absent && ifAbsent != null) {
      return ifAbsent;
    }
    if (value.isTextual() && NAME.matcher(value.textValue()).matches()) {
      return value.textValue();
    }
    String message =
        absent
            ? "this %s needs a name".formatted(kind)
            : value.isTextual()
                ? "a name must be of lower-case letters, digits, - and ., not %s".formatted(value)
                : "must be a string, not %s; write it in quotes".formatted(value);
    Location location = Origin.ofFile(file, document.line(), document.lines()).locate(path);
    problems.add(new Problem(Severity.ERROR, null, Reason.WRONG_TYPE, path, message, location));
    return null;
  }

  private static Instant timestamp(JsonNode value) {
    try {
      return value.isTextual() ? Instant.parse(value.textValue()) : null;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private SecretData secretData(JsonNode tree, Resource<?> secret) {
    Map<String, byte[]> values = new HashMap<>();
    for (String field : List.of("data", "stringData")) {
      tree.path(field)
          .properties()
          .forEach(
              entry -> {
                FieldPath path = FieldPath.ROOT.child(field).child(entry.getKey());
                byte[] value = secretValue(field, entry.getKey(), entry.getValue(), path, secret);
                if (value != null) {
                  values.put(entry.getKey(), value);
                }
              });
    }
    return new SecretData(values, allowedNamespaces(tree));
  }

  private byte[] secretValue(
      String field, String key, JsonNode value, FieldPath path, Resource<?> secret) {
    if (value.isNull() || !SECRET_KEY.matcher(key).matches()) {
      // Where a colon or a space is missing, what stands as the key is the value.
      problems.add(
          Problem.error(
              secret,
              Reason.WRONG_TYPE,
              FieldPath.ROOT.child(field),
              "has an entry that is no key with a value; write it as key: value"));
      return null;
    }
    if (!value.isTextual()) {
      problems.add(
          Problem.error(
              secret, Reason.WRONG_TYPE, path, "must be a string; write the value in quotes"));
      return null;
    }
    if (field.equals("stringData")) {
      return value.textValue().getBytes(StandardCharsets.UTF_8);
    }
    try {
      return Base64.getDecoder().decode(value.textValue().replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      problems.add(
          Problem.error(
              secret,
              Reason.WRONG_TYPE,
              path,
              "is no valid base64; write a plain value under stringData"));
      return null;
    }
  }

  private static Set<String> allowedNamespaces(JsonNode tree) {
    return SecretData.allowedNamespaces(
        tree.path("metadata").path("annotations").path(SecretData.ALLOW_NAMESPACES).asText(null));
  }
}

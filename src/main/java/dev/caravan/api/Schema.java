package dev.caravan.api;

/**
 * What the CRDs' schema says of values, in CEL and its RE2 expressions. An API server refuses what
 * one resource alone shows to be wrong, and nothing that {@code dev.caravan.plan} would take.
 *
 * <p>The lengths are there because an API server estimates what a rule costs at worst, and takes no
 * CRD that costs too much: a list or string that a rule reads, or that has a rule inside, needs a
 * bound. They are far above what is ever written.
 */
final class Schema {
  static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";

  /** A name of 253 characters and a dot. */
  static final int HOST_LENGTH = 254;

  static final String HOST = "self.matches('^(" + LABEL + "\\\\.?)+$')";
  static final String HOST_MESSAGE =
      "must be a host name alone, such as dashscope.aliyuncs.com: no scheme, port, path or wildcard";

  /** A host and a port. */
  static final int HOST_HEADER_LENGTH = 260;

  static final String HOST_HEADER = "self.matches('^(" + LABEL + "\\\\.?)+(:[0-9]{1,5})?$')";
  static final String HOST_HEADER_MESSAGE =
      "must be a host name, or a host name and a port, such as dashscope.aliyuncs.com:443";

  static final int NAME_LENGTH = 253;
  private static final String NAME_PATTERN = "[a-z0-9]([a-z0-9.-]*[a-z0-9])?";
  static final String NAME = "self.matches('^" + NAME_PATTERN + "$')";
  static final String NAME_MESSAGE =
      "must be the name of an object: lower-case letters, digits, - and .";

  static final int GATEWAYS = 64;
  static final int GATEWAY_LENGTH = 507;
  static final String GATEWAY =
      "self.all(g, g.matches('^" + NAME_PATTERN + "(/" + NAME_PATTERN + ")?$'))";
  static final String GATEWAY_MESSAGE = "must be mesh, a gateway's name or namespace/name";

  static final int DURATION_LENGTH = 128;
  private static final String DURATION_PATTERN =
      "^([0-9]{1,18}([.][0-9]{1,18})?(ns|us|µs|ms|s|m|h))+$";

  /** From 1 ms to what fits into an int of milliseconds. */
  static final String DURATION =
      "self.matches('"
          + DURATION_PATTERN
          + "') && duration(self) >= duration('1ms') && duration(self) <= duration('2147483647ms')";

  static final String DURATION_MESSAGE =
      "must be a duration such as 500ms, 5s or 1m30s, of 1ms to 596h";

  static final int PATH_LENGTH = 4096;
  static final String PATH = "self.matches('^/[!\"$->@-~]*$')";
  static final String PATH_MESSAGE =
      "must be a path that begins with /, in ASCII, without query, # and spaces";

  static final int MODEL_LENGTH = 4096;
  static final String MODEL = "self.matches('\\\\S')";
  static final String MODEL_MESSAGE = "must not be empty; leave the field out instead";

  static final int ROUTE_CONFIGS = 1024;
  static final String ROUTE_CONFIGS_RULE = "!('' in self)";
  static final String ROUTE_CONFIGS_MESSAGE =
      "must be under the name of a rule, not under an empty one";

  static final String ONE_KEY = "!has(self.apiKey) || !has(self.apiKeySecretRef)";
  static final String ONE_KEY_MESSAGE = "apiKey excludes apiKeySecretRef; set one of the two";

  static final String CLIENT_CERTIFICATE =
      "!has(self.mode) || self.mode != 'MUTUAL' || has(self.credentialName)";
  static final String CLIENT_CERTIFICATE_MESSAGE =
      "mode MUTUAL needs credentialName: the Secret with the client's certificate";

  /** What is no duration has its own rule, so that this one lets it pass. */
  static final String EJECTION_TIMES =
      "!has(self.maxEjectionTime) || !self.maxEjectionTime.matches('"
          + DURATION_PATTERN
          + "') || (has(self.baseEjectionTime) && !self.baseEjectionTime.matches('"
          + DURATION_PATTERN
          + "')) || duration(self.maxEjectionTime) >= duration(has(self.baseEjectionTime) ? self.baseEjectionTime : '30s')";

  static final String EJECTION_TIMES_MESSAGE =
      "maxEjectionTime must not be shorter than baseEjectionTime (default 30s)";

  static final int RULES = 128;
  static final int MATCHES = 64;
  static final int HEADERS = 16;
  static final int BACKENDS = 32;

  static final String SOME_RULES = "size(self) > 0";
  static final String SOME_RULES_MESSAGE = "must have at least one rule";

  static final String RULE_NAMES =
      "self.all(r, !has(r.name) || r.name == '' || self.exists_one(o, has(o.name) && o.name == r.name))";
  static final String RULE_NAMES_MESSAGE =
      "must not have two rules of one name; give each its own, or none";

  static final String SOME_BACKENDS = "size(self) > 0";
  static final String SOME_BACKENDS_MESSAGE = "must have at least one backend";

  static final String WEIGHTS_COMPLETE =
      "self.all(b, has(b.weight)) || !self.exists(b, has(b.weight))";
  static final String WEIGHTS_COMPLETE_MESSAGE =
      "where one backend of a rule has a weight, each one needs it";

  static final String WEIGHTS_NOT_ALL_ZERO =
      "size(self) == 0 || self.exists(b, !has(b.weight) || b.weight != 0)";
  static final String WEIGHTS_NOT_ALL_ZERO_MESSAGE =
      "the weight of every backend is 0; give one of them a weight of at least 1";

  static final String WEIGHTS_SUM =
      "!self.all(b, has(b.weight)) || self.map(b, b.weight).sum() <= 2147483647";
  static final String WEIGHTS_SUM_MESSAGE = "the weights must not add up to more than 2147483647";

  static final String ONE_TARGET = "!has(self.providerHost) || !has(self.backendRef)";
  static final String ONE_TARGET_MESSAGE = "providerHost excludes backendRef; set one of the two";

  static final String SOME_TARGET = "has(self.providerHost) || has(self.backendRef)";
  static final String SOME_TARGET_MESSAGE = "needs a providerHost or a backendRef";

  static final String SERVICE_PORT =
      "has(self.port) || (has(self.group) && self.group != '') || (has(self.kind) && self.kind != 'Service')";
  static final String SERVICE_PORT_MESSAGE = "port is required: the Service's port";

  static final String ONE_CONDITION =
      "(has(self.exact) ? 1 : 0) + (has(self.prefix) ? 1 : 0) + (has(self.regex) ? 1 : 0) <= 1";
  static final String ONE_CONDITION_MESSAGE =
      "must have one of exact, prefix and regex, or none of them";

  static final String HEADER_NAMES = "!('' in self)";
  static final String HEADER_NAMES_MESSAGE = "must be under the name of a header";

  static final int MAX_PORT = 65535;
  static final int MAX_ATTEMPTS = 10;

  private Schema() {}
}

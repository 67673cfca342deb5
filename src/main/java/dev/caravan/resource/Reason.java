package dev.caravan.resource;

/** The reasons of the problems that a source finds: constant words. */
final class Reason {
  /** A file that cannot be read. */
  static final String FILE_UNREADABLE = "FileUnreadable";

  /** A file that is no valid YAML or JSON. */
  static final String PARSE_ERROR = "ParseError";

  /** A file that had resources and is empty now. */
  static final String FILE_EMPTY = "FileEmpty";

  /** A document that is no Kubernetes object. */
  static final String NOT_A_RESOURCE = "NotAResource";

  /** One of our kinds in a version that is not read. */
  static final String UNKNOWN_VERSION = "UnknownVersion";

  /** A kind of our group that there is not. */
  static final String UNKNOWN_KIND = "UnknownKind";

  /** A value of the wrong type, a missing name or spec. */
  static final String WRONG_TYPE = "WrongType";

  /** A field that the schema does not have. */
  static final String UNKNOWN_FIELD = "UnknownField";

  /** A key that YAML 1.1, and hence kubectl, reads as a boolean. */
  static final String BOOLEAN_KEY = "BooleanKey";

  /** The same kind, namespace and name twice. */
  static final String DUPLICATE_RESOURCE = "DuplicateResource";

  private Reason() {}
}

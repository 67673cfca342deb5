package dev.caravan.plan;

/**
 * The reasons of the planner's problems: constant words, part of the interface (conditions,
 * metrics, alerts).
 */
public final class Reasons {
  /** A field is missing or has a value that it cannot have. */
  public static final String INVALID = "Invalid";

  /** Another resource has the host. */
  public static final String HOST_CONFLICT = "HostConflict";

  /** A backend refers to a provider or an object that does not exist. */
  public static final String BACKEND_NOT_FOUND = "BackendNotFound";

  /** A backend refers to a provider that does not apply to this data plane. */
  public static final String BACKEND_NOT_SELECTED = "BackendNotSelected";

  /** A backend is of a kind that this version cannot resolve. */
  public static final String UNSUPPORTED_BACKEND = "UnsupportedBackend";

  /** A Secret or a key in it does not exist. */
  public static final String SECRET_NOT_FOUND = "SecretNotFound";

  /** A Secret cannot be read, for want of rights for instance. */
  public static final String SECRET_NOT_READABLE = "SecretNotReadable";

  /** A Secret holds a key that cannot be sent. */
  public static final String INVALID_SECRET = "InvalidSecret";

  /** A Secret of another namespace does not allow the reference. */
  public static final String REF_NOT_PERMITTED = "RefNotPermitted";

  /** All weights of a rule are zero. */
  public static final String NO_TRAFFIC = "NoTraffic";

  /** routeSpecificConfigs names a rule that there is not. */
  public static final String UNKNOWN_RULE = "UnknownRule";

  /** A rule or a match that can never be used. */
  public static final String UNREACHABLE = "Unreachable";

  /** A field that is read and checked, and that this version does not act on yet. */
  public static final String NOT_IN_FORCE = "NotInForce";

  private Reasons() {}
}

package dev.caravan.plan;

import java.net.IDN;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** A host name, checked, in lower case and without a trailing dot. */
record HostName(String text) {
  private static final String CLUSTER_DOMAIN = ".cluster.local";
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern SERVICE =
      Pattern.compile("([^.]+)\\.([^.]+)\\.svc\\.cluster\\.local");
  private static final Pattern SHORT_SERVICE = Pattern.compile("[^.]+\\.[^.]+\\.svc");

  /**
   * @throws IllegalArgumentException with a message that is the end of a sentence, such as {@code
   *     must not have a port}
   */
  static HostName of(String written) {
    String host = written.toLowerCase(Locale.ROOT);
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    refuseWhatIsMoreThanAHost(host);
    if (host.length() > 253) {
      throw new IllegalArgumentException("must not be longer than 253 characters");
    }
    for (String label : host.split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        throw new IllegalArgumentException(
            "is no host name: each part between dots must be 1 to 63 letters, digits and hyphens, and begin and end"
                + " with a letter or digit");
      }
    }
    return new HostName(host);
  }

  private static void refuseWhatIsMoreThanAHost(String host) {
    if (host.isBlank()) {
      throw new IllegalArgumentException("must not be empty");
    }
    if (host.contains("://")) {
      throw new IllegalArgumentException("must not have a scheme; write the host name alone");
    }
    if (host.contains("/")) {
      throw new IllegalArgumentException("must not have a path; write the host name alone");
    }
    if (host.contains("*")) {
      throw new IllegalArgumentException("must not be a wildcard; name each host");
    }
    if (host.indexOf(':') != host.lastIndexOf(':') || host.startsWith("[")) {
      throw new IllegalArgumentException("must be a host name, not an IPv6 address");
    }
    if (host.contains(":")) {
      throw new IllegalArgumentException("must not have a port; write the host name alone");
    }
    if (host.chars().anyMatch(c -> c > '~')) {
      throw new IllegalArgumentException("must be written in ASCII" + asciiForm(host));
    }
  }

  private static String asciiForm(String host) {
    try {
      return ": " + IDN.toASCII(host);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /**
   * The name that tells hosts apart: {@code x.ns.svc} is short for {@code x.ns.svc.cluster.local}.
   */
  HostName canonical() {
    return SHORT_SERVICE.matcher(text).matches() ? new HostName(text + CLUSTER_DOMAIN) : this;
  }

  /**
   * As {@link #canonical}, and a name without dots is that of a Service in this namespace, as in
   * Istio.
   */
  HostName canonicalIn(String namespace) {
    return text.indexOf('.') < 0 ? service(text, namespace) : canonical();
  }

  static HostName service(String name, String namespace) {
    return new HostName(name + "." + namespace + ".svc" + CLUSTER_DOMAIN);
  }

  /**
   * The names by which callers on that data plane reach it: of a Service, all the forms that DNS
   * knows there.
   */
  SortedSet<String> names(DataPlane dataPlane) {
    SortedSet<String> names = new TreeSet<>();
    names.add(text);
    var service = SERVICE.matcher(text);
    if (service.matches()) {
      String name = service.group(1);
      String namespace = service.group(2);
      names.add(name + "." + namespace);
      names.add(name + "." + namespace + ".svc");
      if (dataPlane.isIn(namespace)) {
        names.add(name);
      }
    }
    return names;
  }

  @Override
  public String toString() {
    return text;
  }
}

package dev.caravan.api;

import java.util.List;

/** The API group of the custom resources: that of Alibaba Cloud Service Mesh. */
public final class ApiGroup {
  public static final String NAME = "istio.alibabacloud.com";

  /** Served versions, the stored one first; both have the same schema. */
  public static final List<String> VERSIONS = List.of("v1beta1", "v1");

  public static final String PROVIDER_KIND = "LLMProvider";
  public static final String ROUTE_KIND = "LLMRoute";

  private ApiGroup() {}

  /**
   * Whether {@code apiVersion} (as in a manifest: {@code group/version}) is one that Caravan reads.
   */
  public static boolean serves(String apiVersion) {
    return VERSIONS.stream().anyMatch(version -> (NAME + "/" + version).equals(apiVersion));
  }
}

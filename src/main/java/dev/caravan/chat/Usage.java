package dev.caravan.chat;

/**
 * What an answer says it cost.
 *
 * @param promptTokens tokens of the request, 0 or more
 * @param completionTokens tokens of the answer, 0 or more
 */
public record Usage(long promptTokens, long completionTokens) {}

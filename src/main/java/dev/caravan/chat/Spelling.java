package dev.caravan.chat;

/**
 * One occurrence of a member: offsets into the body, and what it says.
 *
 * @param previousTo offset after the value of the member before it, -1 for the first
 * @param keyFrom offset of the name's opening quote
 * @param from offset of the value's first byte
 * @param to offset after the value's last byte
 * @param value what the value says, null where it is not of the expected type
 */
record Spelling<T>(long previousTo, long keyFrom, long from, long to, T value) {}

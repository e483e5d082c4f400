/**
 * Names that nothing else has.
 */

/**
 * A UUID of version 4 (RFC 9562, section 5.4): 122 bits by chance. A page without https has no `crypto.randomUUID`, and
 * does have what this is made of.
 */
export const make = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

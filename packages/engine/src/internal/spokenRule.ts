/** Rewriting of text for speech: rules in their order, each over all of the text. */

/** A pattern, and what is said instead of it: given the match and its groups, absent ones empty. */
export type SpokenRule = readonly [RegExp, (...parts: ReadonlyArray<string>) => string]

/** A written number: thousands with commas, or plain digits, and decimals. */
export const number = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`

export const applyRules = (rules: ReadonlyArray<SpokenRule>, text: string): string =>
  rules.reduce(
    (spoken, [pattern, say]) =>
      spoken.replaceAll(pattern, (...parts: ReadonlyArray<unknown>) => {
        // After the groups come the place of the match and the whole text.
        const groups = parts.slice(0, parts.indexOf(parts.find((part) => typeof part === "number")))
        return say(...groups.map((part) => (typeof part === "string" ? part : "")))
      }),
    text,
  )

/** A pattern from the names of a table, longest first so that none hides another. */
export const anyOf = (table: Readonly<Record<string, unknown>>): string =>
  Object.keys(table)
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`))
    .join("|")

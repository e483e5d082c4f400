/** Cuts a paragraph where a reader would breathe. */

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" })

/** Abbreviations that something always follows. */
const leading = new Set(
  (
    "mr mrs ms prof rev gen col sgt capt lt cmdr hon sen rep gov pres messrs mt ft e.g i.e vs cf viz fig figs vol " +
    "ch sec eq pp p approx ca incl excl ext apt min max avg tsp tbsp esq"
  ).split(" "),
)
/** Abbreviations that may also end a sentence: what follows decides. */
const ambiguous = new Set("st jr sr etc inc ltd co corp dept est ave blvd rd dr al a.m p.m".split(" "))
/** Words that, capitalised, start a sentence far more often than a name. */
const starters = new Set(
  (
    "the a an he she it they we you i this that these those there here then but and or so if in on at as when while " +
    "where what who why how however after before since because although for from with without his her its their " +
    "our my your not no yes now once one every each all some most many"
  ).split(" "),
)

/** Abbreviations that are words, too: only a number after them tells. */
const beforeNumber = new Set("no jan feb mar apr jun jul aug sep sept oct nov dec sat sun mon fri".split(" "))

/** No abbreviation is longer, so no more of a sentence is looked at, however long it is. */
const longestWord = 20

const lastWord = (text: string) => /(?:^|\s)["'([]*(\S+)\.["')\]]*$/u.exec(text.slice(-longestWord))?.[1]

/** Whether the full stop at the end of `before` only ends an abbreviation. */
const isAbbreviation = (before: string, after: string): boolean => {
  const word = lastWord(before)
  if (word === undefined) return false
  const lower = word.toLowerCase()
  if (leading.has(lower)) return true
  if (beforeNumber.has(lower)) return /^\d/u.test(after)
  const isInitials = /^(?:[A-Za-z]\.)*[A-Za-z]$/u.test(word)
  if (!isInitials && !ambiguous.has(lower)) return false
  const next = /[\p{L}']+/u.exec(after)?.[0] ?? ""
  return !starters.has(next.toLowerCase()) || /^\p{Ll}/u.test(next)
}

/**
 * Sentences, trimmed, in order; none is empty. Splits after "Dr.", "U.S.", "e.g." and initials are joined again.
 */
export const sentences = (paragraph: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let parts: Array<string> = []
  const finish = () => {
    const sentence = parts.join("").trim()
    if (sentence !== "") found.push(sentence)
    parts = []
  }
  for (const { segment } of segmenter.segment(paragraph)) {
    const before = parts.at(-1)
    // A question mark within an address ends nothing.
    if (before !== undefined && /\s$/u.test(before) && !isAbbreviation(before.trimEnd(), segment)) finish()
    parts.push(segment)
  }
  finish()
  return found
}

/** Where a long sentence may be cut, from the best place to the worst. */
const cuts = [/[;:](?=\s)/gu, /,(?=\s)/gu, /\s(?=(?:and|or|but|because|which|that|who|when|while|if)\s)/gu, /\s/gu]

/** Cuts a sentence into clauses of at most `limit` characters, near the middle where it can, trimmed, none empty. */
export const clauses = (sentence: string, limit: number): ReadonlyArray<string> => {
  if (sentence.length <= limit) return [sentence]
  const middle = sentence.length / 2
  let at = Math.min(limit, Math.ceil(middle))
  for (const cut of cuts) {
    // A cut in the outer fifths would leave a breathless scrap.
    const places = Array.from(sentence.matchAll(cut), (match) => match.index + 1).filter(
      (place) => place > sentence.length / 5 && place < (sentence.length * 4) / 5,
    )
    if (places.length === 0) continue
    at = places.reduce((best, place) => (Math.abs(place - middle) < Math.abs(best - middle) ? place : best))
    break
  }
  return [sentence.slice(0, at), sentence.slice(at)]
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .flatMap((part) => clauses(part, limit))
}

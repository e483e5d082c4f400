/** Numbers in English words, from their digits: no number is too large to be a string. */

const small = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
  "eighteen nineteen"
).split(" ")
const tens = "- ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ")
const scales = "- thousand million billion trillion quadrillion quintillion".split(" ")
const irregular: Record<string, string> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
}

const belowHundred = (value: number): string =>
  value < 20 ? small[value]! : `${tens[Math.floor(value / 10)]!}${value % 10 === 0 ? "" : `-${small[value % 10]!}`}`

const belowThousand = (value: number): string => {
  const hundreds = Math.floor(value / 100)
  const rest = value % 100
  if (hundreds === 0) return belowHundred(rest)
  return `${small[hundreds]!} hundred${rest === 0 ? "" : ` ${belowHundred(rest)}`}`
}

/** One digit after the other: "zero zero seven". */
export const digitByDigit = (digits: string): string =>
  Array.from(digits, (digit) => small[Number(digit)] ?? "").join(" ")

/** "one thousand two hundred thirty-four". Digits that lead with 0, or number over 21, are read one by one. */
export const cardinal = (digits: string): string => {
  if (digits.length > 21 || (digits.length > 1 && digits.startsWith("0"))) return digitByDigit(digits)
  const groups: Array<string> = []
  for (let end = digits.length, scale = 0; end > 0; end -= 3, scale++) {
    const value = Number(digits.slice(Math.max(0, end - 3), end))
    if (value > 0) groups.unshift(`${belowThousand(value)}${scale === 0 ? "" : ` ${scales[scale]!}`}`)
  }
  return groups.length === 0 ? small[0]! : groups.join(" ")
}

/** The last word of a cardinal, changed. */
const changeLast = (words: string, change: (word: string) => string): string => words.replace(/[a-z]+$/u, change)

/** "twenty-first". */
export const ordinal = (digits: string): string =>
  changeLast(
    cardinal(digits),
    (word) => irregular[word] ?? (word.endsWith("y") ? `${word.slice(0, -1)}ieth` : `${word}th`),
  )

/** "nineteen oh five", "two thousand six", "twenty twenty-six". */
export const year = (digits: string): string => {
  const value = Number(digits)
  if (digits.length !== 4 || digits.startsWith("0") || value % 1_000 < 10) return cardinal(String(value))
  const rest = value % 100
  const century = belowHundred(Math.floor(value / 100))
  return `${century} ${rest === 0 ? "hundred" : rest < 10 ? `oh ${small[rest]!}` : belowHundred(rest)}`
}

/** "nineteen nineties", "sixties". */
export const decade = (digits: string): string =>
  changeLast(digits.length === 4 ? year(digits) : cardinal(digits), (word) =>
    word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`,
  )

/** A number as it is written: sign aside, with commas between thousands and a point before decimals. */
export const amount = (written: string): string => {
  const [whole = "", decimals] = written.replaceAll(",", "").split(".")
  // So long a number without commas is one of an account, a card, a part.
  if (decimals === undefined) return whole.length > 12 && !written.includes(",") ? digitByDigit(whole) : cardinal(whole)
  return `${whole === "" ? "" : `${cardinal(whole)} `}point ${digitByDigit(decimals)}`
}

/** "one half", "three quarters", "two fifths". */
export const fraction = (numerator: string, denominator: string): string => {
  const isOne = Number(numerator) === 1
  if (Number(denominator) === 2) return `${cardinal(numerator)} ${isOne ? "half" : "halves"}`
  const part = Number(denominator) === 4 ? "quarter" : ordinal(denominator)
  return `${cardinal(numerator)} ${part}${isOne ? "" : "s"}`
}

/** Whatever digits are left once dates and measures are said. */
import { amount, cardinal, digitByDigit, fraction, ordinal, year } from "./numberWords.ts"
import { number, type SpokenRule } from "./spokenRule.ts"

/** Groups of digits with a pause between them. */
const groups = (written: string): string =>
  Array.from(written.matchAll(/\d+/gu), ([digits]) => digitByDigit(digits)).join(", ")

const romanValues: Record<string, number> = { I: 1, V: 5, X: 10, L: 50 }
const roman = (numeral: string): string => {
  const values = Array.from(numeral, (letter) => romanValues[letter] ?? 0)
  return String(values.reduce((sum, value, i) => sum + (value < (values[i + 1] ?? 0) ? -value : value), 0))
}

const monarchs = "Henry|Louis|Elizabeth|George|Charles|Edward|Richard|William|James|John Paul|Benedict|Pius|Frederick"
const numbered = "World War|Chapter|Part|Volume|Act|Section|Book|Phase|Type|Class|Title|Article|Super Bowl|Apollo|Mark"

/** Years stand after such words, or between 1900 and 2099. */
const beforeYear = "in|since|from|by|until|till|of|to|year|before|after|around|circa|early|late|mid|and|the"

/** "1/2" and its like; a slash between other numbers is said. */
const slash = (_: string, first: string, second: string): string => {
  if (`${first}/${second}` === "24/7") return "twenty-four seven"
  const isFraction = Number(first) < Number(second) && Number(first) > 0 && Number(second) <= 100
  return isFraction ? fraction(first, second) : `${amount(first)} over ${amount(second)}`
}

/** Roman numerals, where a name before them tells that they are: they come before words in capitals. */
export const romanRules: ReadonlyArray<SpokenRule> = [
  [/\bWW(I{1,2})\b/gu, (_, numeral = "") => `World War ${cardinal(roman(numeral))}`],
  [
    new RegExp(String.raw`\b(${monarchs}) ([IVX]{2,5}|V|X)\b`, "gu"),
    (_, name = "", numeral = "") => `${name} the ${ordinal(roman(numeral))}`,
  ],
  [
    new RegExp(String.raw`\b(${numbered}) ([IVXL]{1,6})\b`, "gu"),
    (_, name = "", numeral = "") => `${name} ${cardinal(roman(numeral))}`,
  ],
  // No word and no common initials look like these.
  [/(?<=\b[A-Z][a-z]+ )(?:I{2,3}|IV|VI{2,3}|IX|XI{1,3})\b/gu, (numeral = "") => cardinal(roman(numeral))],
]

export const phoneRules: ReadonlyArray<SpokenRule> = [
  [/\btel:\s?(?=[+\d(])/giu, () => "telephone "],
  [
    /(?<=\b(?:[Cc]all|[Dd]ial|[Pp]hone|[Tt]ext|or) )(?:911|999|112)\b(?![.,:-]?\d)/gu,
    (whole = "") => digitByDigit(whole),
  ],
  [
    /(?<=\bISBN(?:-1[03])?:? )(?:\d[ -]?){9,12}[\dX]\b/gu,
    (whole = "") => `${groups(whole)}${whole.endsWith("X") ? " X" : ""}`,
  ],
  // Addresses of the Internet, with the length of their prefix.
  [
    /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\w/]|\.\d)/gu,
    (whole = "") =>
      whole
        .replaceAll(/\d+/gu, (digits) => digitByDigit(digits))
        .replaceAll(".", " dot ")
        .replace("/", " slash "),
  ],
  [/(?<![\w.])\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,6}(?![\d-])/gu, (whole = "") => `plus ${groups(whole)}`],
  [/(?<![\w.-])\(\d{3}\) ?\d{3}[ .-]\d{4}(?![\w-])/gu, (whole = "") => groups(whole)],
  [/(?<![\w.-])(?:1[ .-])?\d{3}([ .-])\d{3}\1\d{4}(?![\w-])/gu, (whole = "") => groups(whole)],
  [/(?<![\w.-])\d{3}-\d{4}(?![\w-])/gu, (whole = "") => groups(whole)],
]

export const numberRules: ReadonlyArray<SpokenRule> = [
  // "COVID-19", "5-year-old".
  [/(?<=[A-Za-z])-(?=\d)|(?<=\d)-(?=[A-Za-z])/gu, () => " "],
  [/(?:#|\bNo\. ?|\bnos?\. ?)(?=\d)/gu, () => "number "],
  [/(?<![\d,])(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b/gu, (_, digits = "") => ordinal(digits.replaceAll(",", ""))],
  // Versions and addresses of the Internet.
  [/(?<![\w.])\d+(?:\.\d+){2,}(?![\w])/gu, (whole = "") => whole.split(".").map(cardinal).join(" point ")],
  [/(?<![\w./])(\d{1,4})\/(\d{1,4})(?![\w/])/gu, (...parts) => slash(parts[0]!, parts[1]!, parts[2]!)],
  // A range, unless more hyphens follow.
  [/(?<![\w.,-])(\d+(?:\.\d+)?)-(?=\d+(?:\.\d+)?(?![\w-]))/gu, (_, low = "") => `${low} to `],
  [/(?<![\w.)])-(?=\.?\d)/gu, () => "minus "],
  [/(?<=\d) ?\+ ?(?=\d)/gu, () => " plus "],
  [/(?<=[\w)]) ?= ?(?=[\w(-])/gu, () => " equals "],
  [/(?<=[a-z\d)])\+(?=[a-z\d(])/gu, () => " plus "],
  [/(?<=\d) ?\* ?(?=\d)/gu, () => " times "],
  [/(?<=\d) ?x ?(?=\d)/gu, () => " by "],
  [/(?<=\d):(?=\d)/gu, () => " to "],
  [/(?<=\d)\+/gu, () => " plus"],
  [/~(?=\d)/gu, () => "about "],
  [/(?<![\d.,])(19\d{2}|20\d{2})(?![\d,.]*\d)(?!-?[A-Za-z])/gu, (_, digits = "") => year(digits)],
  [
    new RegExp(
      String.raw`\b((?:${beforeYear}) )(1[1-8]\d{2})(?![\d,.]*\d)(?= ?[.,;:!?)]|$| (?:and|to|the|he|she|it|they|when|AD|BC|CE)\b)`,
      "giu",
    ),
    (_, before = "", digits = "") => `${before}${year(digits)}`,
  ],
  [new RegExp(String.raw`(?<![\d.])(?:${number})|\.\d+`, "gu"), (whole = "") => ` ${amount(whole)} `],
  [/\d+/gu, (whole = "") => ` ${cardinal(whole)} `],
]

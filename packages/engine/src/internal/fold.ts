/**
 * Folds typography to the ASCII that Flite reads. Flite drops every other byte without a word, so what can be said
 * in ASCII must be brought there, and what cannot is for the caller to judge.
 */

const greek =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega"
const greekNames = greek.split(" ")

/** A letter that stands alone is a symbol with a name; among others it is part of a Greek word. */
const nameGreek = (letter: string): string => {
  const base = letter.normalize("NFD").charAt(0).toLowerCase()
  const place = base.charCodeAt(0) - 0x3b1
  // The second sigma, which ends words, has a place of its own.
  return greekNames[place > 17 ? place - 1 : place] ?? letter
}

/** Things that compatibility decomposition leaves alone or spells badly. */
const spellings: ReadonlyArray<readonly [RegExp, string]> = [
  // What programs tell a terminal: colours and places of the cursor (ECMA-48).
  [/\u001b\[[0-?]*[ -/]*[@-~]/gu, ""],
  [/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]/gu, ""],
  [/[^\S\n\r\v\f\u0085\u2028\u2029]+/gu, " "],
  [/[‘’‚‛′‹›ʼʻʽ＇`´]/gu, "'"],
  [/[“”„‟″«»＂「」『』]/gu, '"'],
  [/[。｡]/gu, ". "],
  [/[、，]/gu, ", "],
  // A price without its cents: "89.–".
  [/(?<=\d)[.,][–—-](?=[\s.,;)]|$)/gu, ""],
  [/(?<=\d(?:[kKMB%€£]|bn|[ap]m)?) ?[–−‒] ?(?=[$€£]?\d)/gu, " to "],
  [/(?<=\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)) ?[–−‒] ?(?=Mon|Tue|Wed|Thu|Fri|Sat|Sun)/gu, " to "],
  [/(?<=^|[\s(])[–−](?=\.?\d)/gu, "-"],
  [/ ?[—–―] ?/gu, ", "],
  [/[‐‑‒−]/gu, "-"],
  [/…/gu, "..."],
  [/(?<=\d)(?=[¼-¾⅐-⅞])/gu, " and "],
  [/²/gu, " squared"],
  [/³/gu, " cubed"],
  [/° ?C\b/gu, " degrees Celsius"],
  [/° ?F\b/gu, " degrees Fahrenheit"],
  [/°/gu, " degrees"],
  [/℃/gu, " degrees Celsius"],
  [/℉/gu, " degrees Fahrenheit"],
  // Currencies by their codes of ISO 4217, which the normalization knows.
  [/£(?= ?\d)/gu, "GBP "],
  [/€(?= ?\d)/gu, "EUR "],
  [/¥(?= ?\d)/gu, "JPY "],
  [/₹(?= ?\d)/gu, "INR "],
  [/₩(?= ?\d)/gu, "KRW "],
  [/(?<=\d) ?€/gu, " EUR"],
  [/(?<=\d) ?£/gu, " GBP"],
  [/£/gu, " pounds "],
  [/€/gu, " euros "],
  [/¥/gu, " yen "],
  [/₿ ?(\d+(?:[.,]\d+)*)/gu, "$1 bitcoins"],
  [/(?<=\d) ?[ΩΩ](?!\p{L})/gu, " ohms"],
  [/¢/gu, " cents "],
  [/‰/gu, " per mille"],
  [/ ?&{1,2} ?/gu, " and "],
  [/×/gu, " times "],
  [/÷/gu, " divided by "],
  [/±/gu, " plus or minus "],
  [/≈/gu, " about "],
  [/≠/gu, " is not equal to "],
  [/≤/gu, " is at most "],
  [/≥/gu, " is at least "],
  [/√/gu, " the square root of "],
  [/∞/gu, " infinity "],
  [/→/gu, " to "],
  [/№/gu, "No. "],
  [/§/gu, " section "],
  [/¶/gu, " paragraph "],
  [/(?<=\d ?)[µμ](?=[mgsl]\b)/gu, "u"],
  [/µ/gu, " micro "],
  [/[•·‣◦]/gu, "-"],
  [/[™®©℠]/gu, ""],
  [/[ªº]/gu, ""],
  [/ə/gu, "e"],
  [/ß/gu, "ss"],
  [/ẞ/gu, "SS"],
  [/[æǽ]/gu, "ae"],
  [/[ÆǼ]/gu, "AE"],
  [/œ/gu, "oe"],
  [/Œ/gu, "OE"],
  [/ø/gu, "o"],
  [/Ø/gu, "O"],
  [/ł/gu, "l"],
  [/Ł/gu, "L"],
  [/[đð]/gu, "d"],
  [/[ĐÐ]/gu, "D"],
  [/ħ/gu, "h"],
  [/Ħ/gu, "H"],
  [/þ/gu, "th"],
  [/Þ/gu, "Th"],
  [/ı/gu, "i"],
  [/ƒ/gu, "f"],
  [/ŋ/gu, "ng"],
]

/** Spells typographic characters, ligatures and accented Latin letters in ASCII; other scripts stay as they are. */
export const fold = (text: string): string => {
  let folded = text
  for (const [pattern, spelling] of spellings) folded = folded.replaceAll(pattern, spelling)
  return folded
    .normalize("NFKD")
    .replaceAll(/(?<=[A-Za-z])\p{M}+/gu, "")
    .replaceAll(/(?<![\p{L}\p{M}])\p{Script=Greek}\p{M}*(?!\p{Script=Greek})/gu, (letter) => ` ${nameGreek(letter)} `)
    .replaceAll("\u2044", "/")
    .replaceAll(/[^\S\n\r\v\f\u0085\u2028\u2029]+/gu, " ")
}

/**
 * Folds typography to the ASCII that Flite reads. Flite drops every other byte without a word, so what can be said
 * in ASCII must be brought there, and what cannot is for the caller to judge.
 */

/** Things that compatibility decomposition leaves alone or spells badly. */
const spellings: ReadonlyArray<readonly [RegExp, string]> = [
  [/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]/gu, ""],
  [/[‘’‚‛′‹›ʼ＇`]/gu, "'"],
  [/[“”„‟″«»＂]/gu, '"'],
  [/(?<=\d)\s*[–−‒]\s*(?=\d)/gu, " to "],
  [/\s*[—–―]\s*/gu, ", "],
  [/[‐‑‒−]/gu, "-"],
  [/…/gu, "..."],
  [/(?<=\d)(?=[¼-¾⅐-⅞])/gu, " and "],
  [/²/gu, " squared"],
  [/³/gu, " cubed"],
  [/°\s*C\b/gu, " degrees Celsius"],
  [/°\s*F\b/gu, " degrees Fahrenheit"],
  [/°/gu, " degrees"],
  [/[£]\s*(\d[\d,.]*\d|\d)/gu, "$1 pounds"],
  [/[€]\s*(\d[\d,.]*\d|\d)/gu, "$1 euros"],
  [/£/gu, " pounds"],
  [/€/gu, " euros"],
  [/\s*&\s*/gu, " and "],
  [/×/gu, " times "],
  [/÷/gu, " divided by "],
  [/±/gu, " plus or minus "],
  [/µ/gu, "micro"],
  [/[•·]/gu, "-"],
  [/[™®©]/gu, ""],
  [/ß/gu, "ss"],
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
  [/þ/gu, "th"],
  [/Þ/gu, "Th"],
  [/ı/gu, "i"],
]

/** Spells typographic characters, ligatures and accented Latin letters in ASCII; other scripts stay as they are. */
export const fold = (text: string): string => {
  let folded = text
  for (const [pattern, spelling] of spellings) folded = folded.replaceAll(pattern, spelling)
  return folded
    .normalize("NFKD")
    .replaceAll(/(?<=[A-Za-z])\p{M}+/gu, "")
    .replaceAll("\u2044", "/")
    .replaceAll(/[^\S\n]+/gu, " ")
}

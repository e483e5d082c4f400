/**
 * Text normalization: what is written as it is said. Numbers, dates, measures, addresses and abbreviations become plain
 * words; the order of the steps matters, as each sees what the ones before have left.
 */
import { addressRules } from "./spokenAddresses.ts"
import { abbreviationRules, nameCapitals } from "./spokenAbbreviations.ts"
import { dateRules } from "./spokenDates.ts"
import { measureRules } from "./spokenMeasures.ts"
import { numberRules, phoneRules, romanRules } from "./spokenNumbers.ts"
import { applyRules, type SpokenRule } from "./spokenRule.ts"

/** Tags of HTML have nothing to say. */
const markupRules: ReadonlyArray<SpokenRule> = [[/<\/?[a-z][^<>]{0,200}>/giu, () => " "]]

const signRules: ReadonlyArray<SpokenRule> = [
  [/(?<=\w)\/(?=\w)/gu, () => " slash "],
  [/ @ /gu, () => " at "],
  [/ \+ /gu, () => " plus "],
  [/ (?:=|==) /gu, () => " equals "],
  [/(?<=\w) *<= *(?=[\w-])/gu, () => " is at most "],
  [/(?<=\w) *>= *(?=[\w-])/gu, () => " is at least "],
  [/ < /gu, () => " is less than "],
  [/ > /gu, () => " is greater than "],
  [/ ?-{2,} ?/gu, () => ", "],
  [/(?<= )-(?= )/gu, () => ","],
  [/[*_^|\\{}<>~=+#@/[\]`$%]+/gu, () => " "],
]

const layoutRules: ReadonlyArray<SpokenRule> = [
  [/ {2,}/gu, () => " "],
  [/ (?=[,.;:!?)])/gu, () => ""],
  [/(?<=[(]) /gu, () => ""],
  [/,(?: ?,)+/gu, () => ","],
  [/\(\)|""/gu, () => ""],
]

/** One sentence in words. The input is ASCII; so is the result, which ends as the sentence did. */
export const normalize = (sentence: string): string => {
  const rules = [...markupRules, ...addressRules, ...romanRules, ...phoneRules, ...dateRules, ...measureRules]
  const named = nameCapitals(applyRules(abbreviationRules, applyRules(rules, sentence)))
  const said = applyRules(layoutRules, applyRules([...numberRules, ...signRules], named)).trim()
  const end = /[.!?](?=["')\]]*$)/u.exec(sentence.slice(-20).trim())?.[0]
  return end === undefined || said === "" || /[.!?]["')\]]*$/u.test(said.slice(-20)) ? said : `${said}${end}`
}

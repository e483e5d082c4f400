/** Abbreviations in full, and letters that are named one by one. */
import { anyOf, type SpokenRule } from "./spokenRule.ts"

/** They end in a full stop that is their own. */
const withStop: Record<string, string> = {
  "Mr.": "Mister",
  "Mrs.": "Missus",
  "Ms.": "Miz",
  "Prof.": "Professor",
  "Gen.": "General",
  "Col.": "Colonel",
  "Sgt.": "Sergeant",
  "Capt.": "Captain",
  "Lt.": "Lieutenant",
  "Cmdr.": "Commander",
  "Rev.": "Reverend",
  "Hon.": "Honorable",
  "Sen.": "Senator",
  "Rep.": "Representative",
  "Gov.": "Governor",
  "Pres.": "President",
  "Messrs.": "Messers",
  "Jr.": "Junior",
  "Sr.": "Senior",
  "Inc.": "Incorporated",
  "Ltd.": "Limited",
  "Co.": "Company",
  "Corp.": "Corporation",
  "Dept.": "Department",
  "Bros.": "Brothers",
  "Ave.": "Avenue",
  "Blvd.": "Boulevard",
  "Rd.": "Road",
  "Mt.": "Mount",
  "Ft.": "Fort",
  "Apt.": "Apartment",
  "Fig.": "Figure",
  "fig.": "figure",
  "Vol.": "Volume",
  "vol.": "volume",
  "Ch.": "Chapter",
  "ch.": "chapter",
  "Sec.": "Section",
  "Eq.": "Equation",
  "eq.": "equation",
  "pp.": "pages",
  "Esq.": "Esquire",
  "incl.": "including",
  "excl.": "excluding",
  "ext.": "extension",
  "Ext.": "Extension",
  "min.": "minimum",
  "max.": "maximum",
  "avg.": "average",
  "ed.": "edition",
  "est.": "established",
  "approx.": "approximately",
  "ca.": "circa",
  "cf.": "compare",
  "vs.": "versus",
  "viz.": "namely",
  "e.g.": "for example",
  "E.g.": "For example",
  "i.e.": "that is",
  "I.e.": "That is",
  "et al.": "and others",
  "etc.": "et cetera",
  "Ph.D.": "P H D",
  "a.k.a.": "also known as",
}

const plain: Record<string, string> = {
  PhD: "P H D",
  MSc: "M S C",
  BSc: "B S C",
  pH: "P H",
  mRNA: "M R N A",
  OK: "okay",
  ok: "okay",
  asap: "A S A P",
  "AT and T": "A T and T",
  "w/o": "without",
  "w/": "with ",
  "c/o": "care of",
  "n/a": "not applicable",
  "N/A": "not applicable",
  "and/or": "and or",
  vs: "versus",
  etc: "et cetera",
  "&c": "et cetera",
}

/** Spelled although they could be read. */
const spelled = new Set(
  (
    "USA UAE EU UN AI IT's API APIs URL URLs CEO CFO CTO COO CIA EPA FAQ ATM UFO IQ ID IDs DIY ETA GUI SEO SUV VIP AKA " +
    "APR IRA IOU IRL UI UX OS AC AD BA MA IPO IPA ISO ISBN IEEE AOL EKG ECG UV USB UHF EV EVs OECD RAF BAFTA's HIV " +
    "ICU VAT FY EST IMHO ASAP CO MI CE ER DNA RNA IRS USPS UPS OED NBA NFL UAV AR VR"
  ).split(" "),
)
/** Read although they look unreadable. */
const read = new Set("NASDAQ SQL".split(" "))

/** What English words begin and end with. */
const onset =
  /^(?:[bcdfghjklmnpqrstvwyz]|[bcfgps]l|[bcdfgpt]r|s[ckmnpqtw]|s[ckpt]r|spl|[cst]h|[gkp]n|wh|wr|tw|dw|qu|squ|sch|shr|thr|phr?|sph)?[aeiouy]/iu
const coda =
  /[aeiouy](?:[bcdfgklmnprstvwxyz]|ck|ct|ft|ff|gs|ld|lf|lk|ll|lm|lp|ls|lt|mp|ms|nd|ng|nk|ns|nt|nch|pt|ps|rb|rc|rd|rf|rk|rl|rm|rn|rp|rs|rt|sh|sk|sp|ss|st|tch|th|ch|ts|tz|wl|wn|x|zz)?s?$/iu

/** Whether a word in capitals can be read, as NASA can, or is named letter by letter, as HTTP is. */
const isReadable = (word: string): boolean =>
  read.has(word) ||
  (!spelled.has(word) && onset.test(word) && coda.test(word) && !/[^aeiouy]{4}|[bcdfghjkmnpqrtvwxz]{3}$/iu.test(word))

const spell = (letters: string): string => Array.from(letters).join(" ")

const capitals = (word: string, ending: string): string => {
  if (word === "SQL") return `sequel${ending}`
  return isReadable(word) && !spelled.has(word + ending)
    ? `${word.slice(0, 1)}${word.slice(1).toLowerCase()}${ending}`
    : `${spell(word)}${ending === "" ? "" : "'s"}`
}

export const abbreviationRules: ReadonlyArray<SpokenRule> = [
  // "Dr. Smith" and "Sunset Dr.", "St. Paul" and "Main St.".
  [/\bDr\.(?= [A-Z])/gu, () => "Doctor"],
  [/(?<=[a-z] )Dr\.?(?=[,.;!?]|$)/gu, () => "Drive"],
  [/\bDr\./gu, () => "Doctor"],
  [/(?<!\b[A-Z][a-z]{1,30} )\bSt\.(?= [A-Z])/gu, () => "Saint"],
  [/\bSt\./gu, () => "Street"],
  [new RegExp(String.raw`(?<![\w.])(?:${anyOf(withStop)})(?!\w)`, "gu"), (whole = "") => withStop[whole] ?? whole],
  [new RegExp(String.raw`(?<![\w/])(?:${anyOf(plain)})(?![\w/])`, "gu"), (whole = "") => plain[whole] ?? whole],
  [/(?<![\w.])p\. ?(?=\d)/gu, () => "page "],
  [/(?<![\w/])w\/(?=\w)/gu, () => "with "],
  [/(?<!\w)C\+\+(?!\w)/gu, () => "C plus plus"],
  [/(?<!\w)([CF])#(?!\w)/gu, (_, letter = "") => `${letter} sharp`],
  [/(?<!\w)\.NET\b/gu, () => "dot net"],
  // "U.S.", "J. R. R.": letters with stops of their own.
  [/\b(?:[A-Za-z]\.){2,10}/gu, (whole = "") => spell(whole.replaceAll(".", "").toUpperCase())],
  [/(?<![\w'])([A-Z])\.(?= [A-Z])/gu, (_, letter = "") => letter],
]

/** Words in capitals. In a sentence that shouts, all of them are, and none is spelled unless it must be. */
export const nameCapitals = (sentence: string): string => {
  const isShouting = !/[a-z]/u.test(sentence) && /[A-Z]{2,}[^A-Za-z]+[A-Z]{2,}/u.test(sentence)
  return sentence.replaceAll(/\b([A-Z]{2,})('?s)?(?![a-z])/gu, (_, word: string, ending: string | undefined) =>
    isShouting && !spelled.has(word) && (onset.test(word) || word.length > 5) && coda.test(word)
      ? word.toLowerCase()
      : capitals(word, ending ?? ""),
  )
}

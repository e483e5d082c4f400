/** Dates and times of day as they are said. */
import { cardinal, decade, ordinal, year } from "./numberWords.ts"
import type { SpokenRule } from "./spokenRule.ts"

const months = "January February March April May June July August September October November December".split(" ")

const monthPattern = `(?:${months.map((month) => `${month.slice(0, 3)}(?:${month.slice(3)})?`).join("|")}|Sept)`
const dayPattern = String.raw`(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?`
const yearPattern = String.raw`([12]\d{3})`
const weekdays: Record<string, string> = {
  Mon: "Monday",
  Tue: "Tuesday",
  Tues: "Tuesday",
  Wed: "Wednesday",
  Thu: "Thursday",
  Thur: "Thursday",
  Thurs: "Thursday",
  Fri: "Friday",
  Sat: "Saturday",
  Sun: "Sunday",
}

const monthOf = (name: string) => months.find((month) => month.startsWith(name.slice(0, 3))) ?? name
const dayOf = (digits: string) => ordinal(String(Number(digits)))
const inFull = (month: string, day: string, yearDigits: string) => `${month} ${dayOf(day)}, ${year(yearDigits)}`

/** Month first, as in the United States, unless only the other order makes a date. */
const slashed = (whole: string, first: string, second: string, yearDigits: string): string => {
  const [month, day] = Number(first) <= 12 ? [first, second] : [second, first]
  const name = months[Number(month) - 1]
  return name === undefined || Number(day) > 31 || Number(day) === 0 ? whole : inFull(name, day, yearDigits)
}

/** The century of a year of two digits, the nearer one. */
const inCentury = (digits: string) => `${Number(digits) < 50 ? "20" : "19"}${digits}`

const hourOf = (digits: string) => cardinal(String(Number(digits)))
const half = (letters: string) => (letters === "" ? "" : ` ${letters.slice(0, 1).toUpperCase()} M`)

const timeOfDay = (_: string, hours: string, minutes: string, seconds: string, letters: string): string => {
  const isWhole = Number(minutes) === 0
  if (isWhole && Number(hours) === 0 && letters === "" && seconds === "") return "midnight"
  const said = isWhole
    ? letters !== "" || Number(hours) > 12 || Number(hours) === 0
      ? ""
      : " o'clock"
    : ` ${minutes.startsWith("0") ? "oh " : ""}${hourOf(minutes)}`
  const hundred = isWhole && letters === "" && said === "" ? " hundred" : ""
  const rest = Number(seconds) > 0 ? ` and ${hourOf(seconds)} second${Number(seconds) === 1 ? "" : "s"}` : ""
  return `${hourOf(hours)}${said}${hundred}${rest}${half(letters)}`
}

const meridiem = String.raw`(?:\s?([ap])(?:\.m\.?|m\b))`

export const dateRules: ReadonlyArray<SpokenRule> = [
  // A time may follow the date as ISO 8601 joins them.
  [/\b(\d{4}-\d{2}-\d{2})T(?=\d{2}:\d{2})/gu, (_, date = "") => `${date}, `],
  [/(?<=:\d{2})(?:\.\d+)?Z\b/gu, () => " U T C"],
  [
    /\b([12]\d{3})([-/])(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])\b/gu,
    (_, years = "", _sign = "", month = "", day = "") => inFull(months[Number(month) - 1]!, day, years),
  ],
  [
    /(?<![\d/])(\d{1,2})\/(\d{1,2})\/([12]\d{3})(?![\d/])/gu,
    (...parts) => slashed(parts[0]!, parts[1]!, parts[2]!, parts[3]!),
  ],
  [
    /(?<![\d/])(\d{1,2})\/(\d{1,2})\/(\d{2})(?![\d/])/gu,
    (...parts) => slashed(parts[0]!, parts[1]!, parts[2]!, inCentury(parts[3]!)),
  ],
  // "on 3/4" is a day, where three quarters are no place to be.
  [
    /(?<=\b[Oo]n )(0?[1-9]|1[0-2])\/(0?[1-9]|[12]\d|3[01])(?![\w/])(?! (?:of|inch|cup|mile)\b)/gu,
    (_, month = "", day = "") => `${months[Number(month) - 1]!} ${dayOf(day)}`,
  ],
  [
    /(?<![\d.])(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.([12]\d{3})(?![\d.]*\d)/gu,
    (_, day = "", month = "", years = "") => inFull(months[Number(month) - 1]!, day, years),
  ],
  [
    new RegExp(String.raw`\b(${monthPattern})\.? ${dayPattern},? ${yearPattern}\b`, "gu"),
    (_, month = "", day = "", years = "") => inFull(monthOf(month), day, years),
  ],
  [
    new RegExp(String.raw`\b(?:the )?${dayPattern} (?:of )?(${monthPattern})\b\.?,? ${yearPattern}\b`, "gu"),
    (_, day = "", month = "", years = "") => inFull(monthOf(month), day, years),
  ],
  [
    new RegExp(String.raw`\b(${monthPattern})\.? ${yearPattern}\b`, "gu"),
    (_, month = "", years = "") => `${monthOf(month)} ${year(years)}`,
  ],
  [
    new RegExp(String.raw`\b(${monthPattern})\.? ${dayPattern}\b(?![.,:/-]?\d)`, "gu"),
    (_, month = "", day = "") => `${monthOf(month)} ${dayOf(day)}`,
  ],
  [
    new RegExp(String.raw`\b(?:the )?${dayPattern} (?:of )?(${monthPattern})\b(?=[\s.,;!?)]|$)`, "gu"),
    (_, day = "", month = "") => `the ${dayOf(day)} of ${monthOf(month)}`,
  ],
  [
    /\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.?(?=,? (?:January|February|March|April|May|June|July|August|September|October|November|December)\b|,? the [a-z-]+ of [A-Z])/gu,
    (_, day = "") => weekdays[day] ?? day,
  ],
  [
    /\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?:-| to )(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b/gu,
    (_, first = "", last = "") => `${weekdays[first] ?? first} to ${weekdays[last] ?? last}`,
  ],
  // "9am-5pm", "9:00-17:00".
  [new RegExp(String.raw`(?<=\b\d{1,2}(?::\d{2}(?:[ap]m)?|[ap]m))-(?=\d{1,2}(?::\d{2}|[ap]m))`, "giu"), () => " to "],
  [/(?<=\b\d{1,2})\.(?=[0-5]\d ?[ap]m\b)/giu, () => ":"],
  [/(?<=\b\d{1,2}:\d{2})h\b/gu, () => ""],
  [
    new RegExp(String.raw`\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?![:\d])${meridiem}?`, "giu"),
    (...parts) => timeOfDay(parts[0]!, parts[1]!, parts[2]!, parts[3]!, parts[4]!),
  ],
  [
    new RegExp(String.raw`\b(1[0-2]|[1-9])${meridiem}`, "giu"),
    (_, hours = "", letters = "") => `${hourOf(hours)}${half(letters)}`,
  ],
  [
    /(?<![\w'])'(\d{2})(?!\w|')/gu,
    (_, digits = "") => (digits.startsWith("0") ? `oh ${cardinal(digits.slice(1))}` : cardinal(digits)),
  ],
  [/(?<![\w,.])'?((?:[12]\d)?\d0)s\b/gu, (_, digits = "") => decade(digits)],
]

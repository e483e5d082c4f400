/** Money, percentages and measured quantities as they are said. */
import { amount, cardinal } from "./numberWords.ts"
import { anyOf, number, type SpokenRule } from "./spokenRule.ts"

/** The unit of one, of several, and of the hundredth part where it has a name. */
type Currency = readonly [one: string, several: string, part?: readonly [one: string, several: string]]

const currencies: Record<string, Currency> = {
  USD: ["dollar", "dollars", ["cent", "cents"]],
  AUD: ["Australian dollar", "Australian dollars", ["cent", "cents"]],
  CAD: ["Canadian dollar", "Canadian dollars", ["cent", "cents"]],
  EUR: ["euro", "euros", ["cent", "cents"]],
  GBP: ["pound", "pounds", ["penny", "pence"]],
  CHF: ["Swiss franc", "Swiss francs"],
  JPY: ["yen", "yen"],
  CNY: ["yuan", "yuan"],
  INR: ["rupee", "rupees"],
  KRW: ["won", "won"],
}
const symbols: Record<string, string> = { US$: "USD", A$: "AUD", C$: "CAD", $: "USD" }
const scales: Record<string, string> = {
  k: "thousand",
  m: "million",
  mn: "million",
  bn: "billion",
  b: "billion",
  tn: "trillion",
  thousand: "thousand",
  million: "million",
  billion: "billion",
  trillion: "trillion",
}

const isOne = (written: string) => /^0*1$/u.test(written)

const money = (sign: string, code: string, written: string, scale: string): string => {
  const [one, several, part] = currencies[symbols[code] ?? code] ?? [code, code]
  const minus = sign === "" ? "" : "minus "
  const scaled = scales[scale.trim().toLowerCase()]
  if (scaled !== undefined) return `${minus}${amount(written)} ${scaled} ${several}`
  const [whole = "0", decimals] = written.replaceAll(",", "").split(".")
  if (part === undefined || decimals?.length !== 2)
    return `${minus}${amount(written)} ${isOne(written) ? one : several}`
  const hundredths = Number(decimals)
  const parts = `${cardinal(String(hundredths))} ${hundredths === 1 ? part[0] : part[1]}`
  const units = `${cardinal(whole)} ${isOne(whole) ? one : several}`
  if (hundredths === 0) return `${minus}${units}`
  return Number(whole) === 0 ? `${minus}${parts}` : `${minus}${units} and ${parts}`
}

const currencyNames = Object.values(currencies)
  .flatMap(([one, several, part]) => [one, several, ...(part ?? [])])
  .join("|")
const codePattern = anyOf({ ...currencies, ...symbols })
const scalePattern = String.raw`( ?(?:thousand|million|billion|trillion)\b|(?:k|K|m|M|mn|bn|B|tn)\b)?`

/** Units after a number: of one, and of several where an s is not enough. */
const units: Record<string, string | readonly [one: string, several: string]> = {
  km: "kilometer",
  cm: "centimeter",
  mm: "millimeter",
  m: "meter",
  mi: "mile",
  ft: ["foot", "feet"],
  yd: "yard",
  kg: "kilogram",
  mg: "milligram",
  g: "gram",
  lb: "pound",
  lbs: "pound",
  oz: "ounce",
  um: "micrometer",
  ug: "microgram",
  us: "microsecond",
  ul: "microliter",
  l: "liter",
  L: "liter",
  ml: "milliliter",
  mL: "milliliter",
  h: "hour",
  hr: "hour",
  hrs: "hour",
  min: "minute",
  mins: "minute",
  s: "second",
  sec: "second",
  secs: "second",
  ms: "millisecond",
  "km/h": ["kilometer per hour", "kilometers per hour"],
  kph: ["kilometer per hour", "kilometers per hour"],
  mph: ["mile per hour", "miles per hour"],
  "m/s": ["meter per second", "meters per second"],
  fps: ["frame per second", "frames per second"],
  rpm: ["revolution per minute", "revolutions per minute"],
  "Mbit/s": ["megabit per second", "megabits per second"],
  "Gbit/s": ["gigabit per second", "gigabits per second"],
  "MB/s": ["megabyte per second", "megabytes per second"],
  "GB/s": ["gigabyte per second", "gigabytes per second"],
  tsp: "teaspoon",
  "tsp.": "teaspoon",
  tbsp: "tablespoon",
  "tbsp.": "tablespoon",
  Hz: ["hertz", "hertz"],
  kHz: ["kilohertz", "kilohertz"],
  MHz: ["megahertz", "megahertz"],
  GHz: ["gigahertz", "gigahertz"],
  W: "watt",
  kW: "kilowatt",
  MW: "megawatt",
  kWh: "kilowatt hour",
  V: "volt",
  mA: "milliamp",
  kB: "kilobyte",
  KB: "kilobyte",
  MB: "megabyte",
  GB: "gigabyte",
  TB: "terabyte",
  kbps: ["kilobit per second", "kilobits per second"],
  Mbps: ["megabit per second", "megabits per second"],
  Gbps: ["gigabit per second", "gigabits per second"],
  dB: "decibel",
  px: "pixel",
  kcal: "kilocalorie",
  "sq ft": ["square foot", "square feet"],
}

const measure = (written: string, unit: string, power: string): string => {
  const names = units[unit]
  const [one, several] = typeof names === "string" ? [names, `${names}s`] : (names ?? [unit, unit])
  if (unit === "m/s" && power !== "") return `${written} ${isOne(written) ? one : several} squared`
  const dimension = power === "" ? "" : power.includes("c") || power.includes("3") ? "cubic " : "square "
  return `${written} ${dimension}${isOne(written) ? one : several}`
}

/** What something costs that much of. */
const each: Record<string, string> = {
  kg: "kilogram",
  lb: "pound",
  oz: "ounce",
  km: "kilometer",
  m: "meter",
  l: "liter",
  L: "liter",
  GB: "gigabyte",
  h: "hour",
  hr: "hour",
  hour: "hour",
  day: "day",
  night: "night",
  week: "week",
  wk: "week",
  mo: "month",
  month: "month",
  yr: "year",
  year: "year",
  person: "person",
}

export const measureRules: ReadonlyArray<SpokenRule> = [
  // Commas for points, as on the continent: "1.234,56" and "1,5", which no English number looks like.
  [
    /(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d{1,2})(?![\d,])/gu,
    (_, whole = "", part = "") => `${whole.replaceAll(".", "")}.${part}`,
  ],
  [/(?<![\d.,])(\d+),(\d{1,2})(?!\d|[.,]\d)/gu, (_, whole = "", part = "") => `${whole}.${part}`],
  // "$5m to $10m" keeps both signs; "6 feet 2" and "1 h 30".
  [/(?<!\w)(\d)' ?(\d{1,2})(?:"|'')/gu, (_, feet = "", inches = "") => `${feet} foot ${inches}`],
  [
    /(?<![\w.])(\d+) ?(ft|feet|foot) (\d{1,2}) ?in(?=\.?[,;:!?)]|\.?$)/gu,
    (_, feet = "", unit = "", inches = "") => `${feet} ${unit} ${inches} ${inches === "1" ? "inch" : "inches"}`,
  ],
  [/(?<![\w.])(\d{1,3})h ?([0-5]?\d)(?:m|min)?(?!\w)/gu, (_, hours = "", minutes = "") => `${hours} h ${minutes} min`],
  [
    /(?<![\w.])(-?\d+(?:\.\d+)?)[eE]([+-]?)(\d{1,3})(?!\w)/gu,
    (...parts) => `${parts[1]!} times 10 to the power of ${parts[2] === "-" ? "minus " : ""}${parts[3]!}`,
  ],
  [
    /(?<=\b\d+)\^([+-]?)(\d{1,3})(?!\w)/gu,
    (_, sign = "", power = "") => ` to the power of ${sign === "-" ? "minus " : ""}${power}`,
  ],
  // "$5-10" and "5-10 km" are ranges.
  [
    new RegExp(String.raw`(${codePattern}) ?(${number})(?:-| to )(${number})(?![\d.,]*\d|-)${scalePattern}`, "gu"),
    (_, code = "", low = "", high = "", scale = "") => `${amount(low)} to ${money("", code, high, scale)}`,
  ],
  [
    new RegExp(String.raw`((?<![\w)])-)?(?<![A-Za-z])(${codePattern}) ?(${number})${scalePattern}`, "gu"),
    (_, sign = "", code = "", written = "", scale = "") => money(sign, code, written, scale),
  ],
  [
    new RegExp(
      String.raw`((?<![\w)])-)?(?<![\d.,])(${number})(?: |-)?(k|m|bn|thousand|million|billion|trillion)? ?(${anyOf(currencies)})\b`,
      "gu",
    ),
    (_, sign = "", written = "", scale = "", code = "") => money(sign, code, written, scale),
  ],
  [
    new RegExp(String.raw`(?<=(?:${currencyNames})) ?/ ?(${anyOf(each)})\b(?!/)`, "gu"),
    (_, unit = "") => ` per ${each[unit] ?? unit}`,
  ],
  [new RegExp(String.raw`(?<![\d.,])(${number}) ?%`, "gu"), (_, written = "") => `${written} percent`],
  [
    new RegExp(String.raw`(?<![\w.,])(${number})[ -]?(${anyOf(units)})( squared| cubed|[23])?(?![\w/]|-\d)`, "gu"),
    (_, written = "", unit = "", power = "") => measure(written, unit, power),
  ],
]

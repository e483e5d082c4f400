/** E-mail and web addresses, file names and handles as they are dictated. */
import { digitByDigit } from "./numberWords.ts"
import type { SpokenRule } from "./spokenRule.ts"

const signs: Record<string, string> = {
  "@": "at",
  ".": "dot",
  "/": "slash",
  "-": "dash",
  _: "underscore",
  ":": "colon",
  "?": "question mark",
  "=": "equals",
  "&": "and",
  "#": "hash",
  "%": "percent",
  "+": "plus",
  "~": "tilde",
}

/** Top-level domains of two letters are spelled. */
const label = (text: string, isLast: boolean): string =>
  isLast && /^[a-z]{2}$/iu.test(text) ? Array.from(text.toUpperCase()).join(" ") : text

const host = (name: string): string => {
  const labels = name.split(".")
  return labels.map((part, i) => label(part, i > 0 && i + 1 === labels.length)).join(" dot ")
}

const dictate = (text: string): string =>
  text
    .replaceAll(/\d+/gu, (digits) => (digits.length > 2 ? ` ${digitByDigit(digits)} ` : ` ${digits} `))
    .replaceAll(/[^A-Za-z0-9 ]/gu, (sign) => ` ${signs[sign] ?? ""} `)

const web = (_: string, name: string, rest: string): string => {
  // What follows an address in a sentence is not part of it.
  const path = rest.replace(/[.,;:!?)\]'"/]+$/u, "")
  return `${dictateHost(name)}${dictate(path)}${rest.slice(path.length).replaceAll("/", "")}`
}

const dictateHost = (name: string) => dictate(host(name)).replaceAll(/ +/gu, " ")

const domain = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}`

export const addressRules: ReadonlyArray<SpokenRule> = [
  [
    new RegExp(String.raw`(?<![\w.+-])(?:mailto:)?([\w.+-]{1,64})@(${domain})`, "gu"),
    (_, name = "", at = "") => `${dictate(name)} at ${dictateHost(at)}`,
  ],
  [
    new RegExp(String.raw`\b(?:https?|ftp):\/\/(?:www\.)?([A-Za-z0-9.-]{1,253})([/?#:][^\s<>"]{0,2000})?`, "giu"),
    (...parts) => web(parts[0]!, parts[1]!.replace(/\.+$/u, ""), `${parts[2]!}${/\.+$/u.test(parts[1]!) ? "." : ""}`),
  ],
  [
    new RegExp(String.raw`\bwww\.(${domain})([/?#][^\s<>"]{0,2000})?`, "giu"),
    (...parts) => web(parts[0]!, parts[1]!, parts[2]!),
  ],
  // Bare domains, by the endings that are no words after a forgotten space.
  [
    /(?<![\w.@-])((?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,4}(?:com|org|net|edu|gov|io|dev|app|co\.uk|uk|de|fr|eu|ai))\b(?![.-]?\w)(\/[^\s<>"]{0,2000})?/gu,
    (...parts) => web(parts[0]!, parts[1]!, parts[2]!),
  ],
  [/(?<![\w@])@(\w{1,50})/gu, (_, name = "") => `at ${dictate(name)}`],
  [/(?<![\w#&])#([A-Za-z]\w{0,100})/gu, (_, name = "") => `hashtag ${dictate(name)}`],
  // File names: a point between letters, with a known ending.
  [
    /\b([\w-]{1,100})\.(txt|md|pdf|docx?|xlsx?|csv|json|xml|html?|js|ts|py|zip|jpe?g|png|gif|mp3|mp4|wav|exe)\b/giu,
    (_, name = "", ending = "") => `${dictate(name)} dot ${ending}`,
  ],
]

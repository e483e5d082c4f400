/**
 * The command definitions as a man page, and as a page of the documentation.
 */
import * as CliOutput from "effect/cli/CliOutput"
import type { FlagDoc } from "effect/cli/HelpDoc"
import * as Option from "effect/Option"
import { settings, type Setting } from "@voiceclone/server/Settings"
import * as Environment from "./Environment.ts"
import { meanings } from "./ExitCode.ts"
import type { Page } from "./Reference.ts"
import { version } from "./version.ts"

/** As roff wants it: its own signs escaped, and no line that begins like a request. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&")

const nameOf = ({ path }: Page): string => ["voiceclone", ...path].join(" ")

const oneLine = (text: string): string => text.replace(/\s+/g, " ")

const flag = ({ name, aliases, type, description }: FlagDoc): ReadonlyArray<string> => {
  const names = [`--${name}`, ...aliases].map((word) => `\\fB${roff(word)}\\fR`).join(", ")
  const value = type === "boolean" ? "" : ` \\fI${roff(type)}\\fR`
  return [".TP", `${names}${value}`, roff(Option.getOrElse(description, () => ""))]
}

/** Terms and what they mean; what Markdown has in backticks stands out. */
const terms = (list: ReadonlyArray<readonly [term: string | number, meaning: string]>): ReadonlyArray<string> =>
  list.flatMap(([term, meaning]) => [
    ".TP",
    `\\fB${roff(String(term))}\\fR`,
    roff(meaning).replaceAll(/`([^`]+)`/g, "\\fB$1\\fR"),
  ])

const setting = ({ choices, description, fallback, variable }: Setting) =>
  [
    variable,
    [description, ...(choices === undefined ? [] : [`: ${choices.join(", ")}`])].join("") +
      (fallback === "" ? "" : ` (${fallback})`),
  ] as const

const examples = ({ doc }: Page): ReadonlyArray<string> =>
  (doc.examples ?? []).flatMap((example) => [
    ".PP",
    ...(example.description === undefined ? [] : [roff(`${example.description}:`)]),
    ".RS",
    ".nf",
    roff(example.command),
    ".fi",
    ".RE",
  ])

const command = (page: Page): ReadonlyArray<string> => [
  `.SS ${roff(nameOf(page))}`,
  roff(`${oneLine(page.doc.description)}.`),
  ".PP",
  `\\fB${roff(page.doc.usage)}\\fR`,
  ...(page.doc.args ?? []).flatMap(({ name, description }) => [
    ".TP",
    `\\fI${roff(name)}\\fR`,
    roff(Option.getOrElse(description, () => "")),
  ]),
  ...page.doc.flags.flatMap(flag),
  ...examples(page),
]

/** Section 1 of the manual. */
export const man = (pages: ReadonlyArray<Page>): string => {
  const [top, ...others] = pages
  return `${[
    `.TH VOICECLONE 1 "" "voiceclone ${roff(version)}" "User Commands"`,
    // ragged, and no hyphens of its own: names are to be copied
    ".ad l",
    ".nh",
    ".SH NAME",
    "voiceclone \\- clone voices: jobs that are never lost, never paid twice, never saved wrong",
    ".SH SYNOPSIS",
    `\\fB${roff(top?.doc.usage ?? "voiceclone")}\\fR`,
    ".SH DESCRIPTION",
    roff(oneLine(top?.doc.description ?? "")),
    ".SH OPTIONS",
    ...(top?.doc.globalFlags ?? []).flatMap(flag),
    ".SH COMMANDS",
    ...others.flatMap(command),
    ".SH EXIT STATUS",
    ...terms(meanings),
    ".SH ENVIRONMENT",
    ...terms(Environment.variables),
    ".SS For serve, and other embedded servers",
    ...terms(settings.map(setting)),
    ".SH FILES",
    ...terms(Environment.files),
    ".SH EXAMPLES",
    ...(top === undefined ? [] : examples(top)),
  ].join("\n")}\n`
}

/** A page of the documentation: what `--help` says, command by command. */
export const markdown = (pages: ReadonlyArray<Page>): string => {
  const formatter = CliOutput.defaultFormatter({ colors: false })
  const sections = pages.map(
    (page) => `## ${nameOf(page)}\n\n\`\`\`text\n${formatter.formatHelpDoc(page.doc)}\n\`\`\`\n`,
  )
  const head = "---\ntitle: Command reference\ndescription: What every command of voiceclone takes.\n---\n"
  return [head, ...sections].join("\n")
}

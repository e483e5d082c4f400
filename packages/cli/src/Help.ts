/**
 * What the command line itself is told: help, fitted to 80 columns, and what is wrong with a command line.
 */
import * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { shellWord } from "./CommandLine.ts"
import { layer as layerDisplay, Display } from "./Display.ts"

/** What these flags take, in a line. */
const brief: Record<string, readonly [metavar: string, description: string]> = {
  "log-level": ["LEVEL", "all, trace, debug, info, warn, error, fatal or none"],
}

/** A help page whose lines fit. */
export const fitted = (doc: HelpDoc): HelpDoc => ({
  ...doc,
  ...(doc.globalFlags === undefined
    ? {}
    : {
        globalFlags: doc.globalFlags.map((flag) => {
          const [type, description] = brief[flag.name] ?? []
          return type === undefined ? flag : { ...flag, type, description: Option.some(description ?? "") }
        }),
      }),
})

interface Told {
  readonly message?: string
  readonly nextStep: string
}

/** More of a text than this is not said again. */
const repeatable = 60

const text = (words: string): Told =>
  words.length <= repeatable
    ? { nextStep: `If it is the text: --text ${shellWord(words)}.` }
    : {
        message: `Unexpected positional argument: "${Array.from(words).slice(0, repeatable).join("").trimEnd()}…"`,
        nextStep: "If it is the text, put --text before it.",
      }

/** What one argument too many was probably meant to be, by the command. */
const strays: Readonly<Record<string, (words: string) => Told>> = {
  clone: text,
  create: text,
  // it is not repeated here: it is likely the key
  login: () => ({
    message: "login takes no argument: it asks for the key, or reads it from a pipe",
    nextStep: "If that was the key, every user of this machine could see it: better take another.",
  }),
}

/** Help goes where it is asked for; what is wrong with a command line is said in a line, not under a page of help. */
export const presenter = (args: ReadonlyArray<string>): CliOutput.Presenter => ({
  present: (event) => {
    if (event._tag === "Help") {
      return CliOutput.defaultPresenter.present({ ...event, helpDoc: fitted(event.helpDoc) })
    }
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const page = `See ${event.commandPath.join(" ")} --help`
    const stray = event.errors.find((error) => error._tag === "UnexpectedArgument")
    const told = stray === undefined ? undefined : strays[event.commandPath.at(-1) ?? ""]?.(stray.arguments.join(" "))
    const nextStep = `${told?.nextStep ?? ""} ${page}`.trim()
    const messages = event.errors.map(({ message }) =>
      message
        .replace(
          /\s+Did you mean this\?\s+(.+)$/s,
          (_, names: string) => `; did you mean ${names.replace(/\s+/g, " or ")}?`,
        )
        .replace(/\s*\n\s*/g, " "),
    )
    return refuse(args, { message: told?.message ?? messages.join("; "), nextStep })
  },
})

/** Says what is wrong with a command line that was not begun to be followed. */
export const refuse = (
  args: ReadonlyArray<string>,
  { message, nextStep }: { readonly message: string; readonly nextStep: string },
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const display = yield* Display
    yield* display.problem(message, { _tag: "Failed", error: "Usage", message, nextStep })
    yield* display.advice(nextStep)
  }).pipe(Effect.provide(layerDisplay(asksForJson(args))))

/** Whether JSON lines are wanted, as far as a command line that cannot be understood tells. */
const asksForJson = (args: ReadonlyArray<string>): boolean => {
  const end = args.indexOf("--")
  return args.slice(0, end === -1 ? undefined : end).includes("--json")
}

/**
 * Words that begin with one hyphen and go on. The parser takes each letter of them for a flag, and shows help, or the
 * version, wherever it finds an `h` or a `v`: of `clone -dash.wav` nothing would be done, with exit code 0.
 */
import type * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import { shellWord } from "./CommandLine.ts"
import { Usage } from "./Usage.ts"

/** What the parser reads as several short flags. A negative number is a value. */
const isCluster = (word: string): boolean => /^-[^-]./.test(word) && !/^-(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word)

/** The names and letters of all flags, and whether they take the next word as their value. */
const takesValue = (tree: Command.Command.Any): ReadonlyMap<string, boolean> => {
  const found = new Map(["h", "v", "q"].map((letter) => [letter, false]))
  const collect = ({ flags, subcommands }: Completions.CommandDescriptor): void => {
    for (const { aliases, name, type } of flags) {
      for (const word of [name, ...aliases]) found.set(word, type._tag !== "Boolean")
    }
    subcommands.forEach(collect)
  }
  collect(Completions.fromCommand(tree))
  return found
}

/** What is wrong with the first such word that is no cluster of flags, and how to say what was meant. */
export const misread = (args: ReadonlyArray<string>, tree: Command.Command.Any): Usage | undefined => {
  const end = args.indexOf("--")
  const words = end === -1 ? args : args.slice(0, end)
  if (!words.some(isCluster)) return undefined
  const known = takesValue(tree)
  const isFlags = (word: string): boolean => {
    const letters = Array.from(word.slice(1).replace(/=.*$/s, ""))
    return letters.every((letter, index) => known.has(letter) && (index === letters.length - 1 || !known.get(letter)))
  }
  const index = words.findIndex((word) => isCluster(word) && !isFlags(word))
  const word = words[index]
  if (word === undefined) return undefined
  const before = words[index - 1] ?? ""
  const letter = word.slice(1, 2)
  const nextStep =
    before.startsWith("-") && known.get(before.replace(/^--?/, "")) === true
      ? `If it is the value of ${before}: ${shellWord(`${before}=${word}`)}`
      : known.get(letter) === true
        ? `Put a space behind -${letter}: -${letter} ${shellWord(word.slice(2))}`
        : `If it is the name of a file: ${shellWord(`./${word}`)}. What stands behind -- is no flag either.`
  return new Usage({ reason: `There is no flag ${word}`, nextStep })
}

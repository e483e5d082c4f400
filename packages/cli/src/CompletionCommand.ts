import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import { put } from "./StandardStreams.ts"

/** The shells that there are completions for. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const

/**
 * What is completed by the names of files. To the parser they are plain text: what stands in them is told as it was
 * given, and `-` is a file too.
 */
const paths: Readonly<Record<string, "file" | "directory" | "either">> = {
  sample: "file",
  "text-file": "file",
  file: "file",
  jobs: "either",
  source: "either",
  output: "either",
  report: "file",
  config: "file",
  directory: "directory",
  data: "directory",
  "engine-dir": "directory",
}

const withPath = <A extends { readonly name: string; readonly type: { readonly _tag: string } }>(word: A): A => {
  const pathType = word.type._tag === "String" ? paths[word.name] : undefined
  return pathType === undefined ? word : { ...word, type: { _tag: "Path", pathType } }
}

const withPaths = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: command.flags.map(withPath),
  arguments: command.arguments.map(withPath),
  subcommands: command.subcommands.map(withPaths),
})

/** The script that makes a shell complete the command tree. */
export const script = (tree: Command.Command.Any, shell: Completions.Shell): string =>
  `${Completions.generate("voiceclone", shell, withPaths(Completions.fromCommand(tree))).trimEnd()}\n`

/** `tree` is what it belongs to itself. */
export const completion = (tree: () => Command.Command.Any) =>
  Command.make(
    "completion",
    { shell: Argument.Literals("shell", shells).pipe(Argument.withDescription(shells.join(", "))) },
    ({ shell }) => Effect.sync(() => put(process.stdout, script(tree(), shell))),
  ).pipe(
    Command.withDescription("Print what makes a shell complete this command"),
    Command.withExamples([
      { command: 'eval "$(voiceclone completion bash)"', description: "For bash: into ~/.bashrc" },
      { command: 'eval "$(voiceclone completion zsh)"', description: "For zsh: into ~/.zshrc" },
      { command: "voiceclone completion fish | source", description: "For fish: into config.fish" },
    ]),
  )

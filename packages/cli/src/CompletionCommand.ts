import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import { Quiet, Verbose } from "./GlobalFlags.ts"
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

/** The flags of every command, which stand apart from those of each. */
const everywhere = Completions.fromCommand(
  Command.make("voiceclone", {
    help: GlobalFlag.Help.flag,
    logLevel: GlobalFlag.LogLevel.flag,
    quiet: Quiet.flag,
    verbose: Verbose.flag,
  }),
).flags

/** No flag is set from the start, so `--no-…` would be offered in vain. */
const offered = (flag: Completions.FlagDescriptor): Completions.FlagDescriptor => ({
  ...withPath(flag),
  negation: false,
})

const complete = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags, ...everywhere].map(offered),
  arguments: command.arguments.map(withPath),
  subcommands: command.subcommands.map(complete),
})

type Mend = (script: string, tree: Completions.CommandDescriptor) => string

/** To fish, `list` has been seen in `keys list` too: it is told which is which. And a directory is no file. */
const fish: Mend = (script, { subcommands }) => {
  const seen = "__fish_seen_subcommand_from"
  const toldApart = subcommands.reduce((text, { name }) => {
    const others = subcommands.filter(({ subcommands }) => subcommands.some((below) => below.name === name))
    return others.length === 0
      ? text
      : text.replace(
          new RegExp(`(?<=-n ')${seen} ${name}(?=[;'])`, "g"),
          `not ${seen} ${others.map(({ name }) => name).join(" ")}; and ${seen} ${name}`,
        )
  }, script)
  const directories = Object.keys(paths).filter((name) => paths[name] === "directory")
  const common = everywhere.map(({ name }) => name)
  return (
    toldApart
      .replace(
        new RegExp(`( -l (?:${directories.join("|")}) -d '.*') -r -F$`, "gm"),
        "$1 -x -a '(__fish_complete_directories)'",
      )
      // what every command has is offered behind a hyphen alone
      .replace(new RegExp(`^complete .* -f -a '--(?:${common.join("|")})' .*\n`, "gm"), "")
  )
}

/** A directory is gone on from, so bash puts a slash behind it, and no space. */
const bash: Mend = (script) =>
  script.replace(
    '    COMPREPLY[_i]="$_typed${COMPREPLY[_i]}"\n  done\n',
    `$&  if [[ \${#COMPREPLY[@]} == 1 && -d "$(compgen "$_kind" -- "$_prefix")" ]]; then
    compopt -o nospace 2>/dev/null && COMPREPLY[0]+=/
  fi
`,
  )

const mends: Partial<Record<Completions.Shell, Mend>> = { bash, fish }

/** The script that makes a shell complete the command tree. */
export const script = (tree: Command.Command.Any, shell: Completions.Shell): string => {
  const descriptor = complete(Completions.fromCommand(tree))
  const generated = Completions.generate("voiceclone", shell, descriptor)
  const mended = mends[shell]?.(generated, descriptor) ?? generated
  // where it says how it is installed
  return `${mended.replaceAll("voiceclone --completions", "voiceclone completion").trimEnd()}\n`
}

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

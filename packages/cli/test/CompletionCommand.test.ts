import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it, vi } from "vitest"
import { script, shells as allShells } from "../src/CompletionCommand.ts"
import { voiceclone } from "../src/Tree.ts"
import { build, built, sample, Workplace } from "./command.ts"
import { makeScreen } from "./screen.ts"

beforeAll(build, 60_000)

/** How a shell is begun that reads this set-up, and has completions and a plain prompt. */
interface Shell {
  readonly name: "bash" | "zsh" | "fish"
  readonly start: string
  readonly file: string
  readonly setup: string
  /** What it shows of the commands below `engine` after a second tab. */
  readonly list: ReadonlyArray<string>
}

const shells: ReadonlyArray<Shell> = [
  {
    name: "bash",
    start: "bash --rcfile .bashrc -i",
    file: ".bashrc",
    setup: `PS1='% '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; eval "$(voiceclone completion bash)"`,
    list: ["check    install  list"],
  },
  {
    name: "zsh",
    start: "ZDOTDIR=. zsh -d -i",
    file: ".zshrc",
    setup: `PS1='%% '; unsetopt prompt_sp zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -u -D; eval "$(voiceclone completion zsh)"`,
    list: [
      "check    -- Look at a ZipVoice or PocketTTS model, and load it with sherpa-onnx",
      "install  -- Fetch a ZipVoice or PocketTTS model, check it, and put it in its place",
      "list     -- Show the engines, * the chosen one, and the models installed",
    ],
  },
  {
    name: "fish",
    start: "fish --no-config --init-command 'source setup.fish' -i",
    file: "setup.fish",
    setup: `set -g fish_greeting; set -g fish_autosuggestion_enabled 0; function fish_prompt; echo -n "% "; end; voiceclone completion fish | source`,
    list: [
      "check       (Look at a ZipVoice or PocketTTS model, and load it with sherpa-onnx)",
      "install  (Fetch a ZipVoice or PocketTTS model, check it, and put it in its place)",
      "list               (Show the engines, * the chosen one, and the models installed)",
    ],
  },
]

/** What is typed before a tab, and what then stands there. */
const cases: ReadonlyArray<readonly [typed: string, completed: string]> = [
  ["cl", "clone"],
  ["engine ch", "engine check"],
  ["keys cr", "keys create"],
  ["clone --text-f", "clone --text-file"],
  ["list --qu", "list --quiet"],
  ["list --log-level de", "list --log-level debug"],
  ["serve --engine sh", "serve --engine sherpa"],
  ["config set ba", "config set base-url"],
  ["clone vo", "clone voice.wav"],
  ["clone voice.wav --text-file letter.", "clone voice.wav --text-file letter.txt"],
  ["keys create anna --data lette", "keys create anna --data letters/"],
]

const isInstalled = (shell: string): boolean => {
  try {
    execFileSync(shell, ["-c", "true"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

describe("completion", () => {
  it.for(allShells)(
    "of %s is printed whole, into a pipe and on a terminal, before anything is loaded",
    async (shell) => {
      using place = new Workplace()
      const expected = script(voiceclone, shell)
      const piped = await place.run(["completion", shell])
      assert.deepStrictEqual([piped.code, piped.stdout, piped.stderr], [0, expected, ""])
      const { bytes, code } = await place.terminal(`completion ${shell}`, {}, 400).ended
      const lines = expected.trimEnd().split("\n")
      const shown = makeScreen(400, lines.length + 1)
      await shown.write(bytes)
      assert.deepStrictEqual([code, shown.lines()], [0, lines.map((line) => line.trimEnd())])
    },
  )

  it.each(shells.filter(({ name }) => isInstalled(name)))(
    "makes $name complete commands, flags, choices and files",
    { timeout: 60_000 },
    async ({ file, list, setup, start }) => {
      using place = new Workplace()
      copyFileSync(sample, place.inside("voice.wav"))
      writeFileSync(place.inside("letter.txt"), "Hello.")
      mkdirSync(place.inside("letters"))
      mkdirSync(place.inside("bin"))
      const command = `#!/bin/sh\nexec '${process.execPath}' '${built("voiceclone.cjs")}' "$@"\n`
      writeFileSync(place.inside("bin", "voiceclone"), command, { mode: 0o755 })
      writeFileSync(place.inside(file), `${setup}\n`)
      const env = {
        TERM: "xterm",
        HOME: place.path,
        PATH: `${place.inside("bin")}:${process.env["PATH"]}`,
        LANG: "C.UTF-8",
      }
      const { child } = place.spawn("script", ["-qfec", `stty cols 100; ${start}`, "/dev/null"], {
        env,
        keepStdin: true,
      })
      const { lines, write } = makeScreen(100)
      child.stdout?.on("data", (bytes: Buffer) => void write(bytes))
      const shows = async (expected: ReadonlyArray<string>) => {
        const last = () => lines().slice(-expected.length)
        await vi
          .waitUntil(() => last().join("\n") === expected.join("\n"), { timeout: 10_000, interval: 20 })
          .catch(() => assert.deepStrictEqual(last(), expected))
      }
      await shows(["%"])
      for (const [typed, completed] of cases) {
        child.stdin?.write(`voiceclone ${typed}\t`)
        await shows([`% voiceclone ${completed}`])
        // as if it had not been written
        child.stdin?.write("\u0015")
        await shows(["%"])
      }
      child.stdin?.write("voiceclone engine \t\t")
      // a shell may show its prompt again below
      const shown = () =>
        lines()
          .map((line) => line.trim())
          .join("\n")
      await vi
        .waitUntil(() => shown().includes(list.join("\n")), { timeout: 10_000, interval: 20 })
        .catch(() => assert.include(shown(), list.join("\n")))
    },
  )
})

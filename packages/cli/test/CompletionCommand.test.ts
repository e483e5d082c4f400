import { copyFileSync, mkdirSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { build, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

/** What bash offers for the last word of a line. */
const offered = (line: string): string =>
  [
    `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()`,
    'COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}',
    '_voiceclone voiceclone "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"',
    'echo "${COMPREPLY[@]}"',
  ].join("\n")

const cases: ReadonlyArray<readonly [line: string, words: string]> = [
  ["voiceclone cl", "clone"],
  ["voiceclone engine ''", "list check install"],
  ["voiceclone clone --te", "--text --text-file"],
  ["voiceclone serve --engine ''", "match fixed http sherpa"],
  ["voiceclone config set ''", "base-url allow-insecure"],
  ["voiceclone clone vo", "voice.wav"],
  ["voiceclone clone voice.wav --text-file letter.", "letter.txt"],
  ["voiceclone batch letters", "letters"],
  ["voiceclone keys create anna --data l", "letters"],
]

describe("completion", () => {
  it("makes bash offer commands, flags, choices and files", async () => {
    using place = new Workplace()
    copyFileSync(sample, place.inside("voice.wav"))
    writeFileSync(place.inside("letter.txt"), "Hello.")
    mkdirSync(place.inside("letters"))
    const script = ['eval "$(voiceclone completion bash)"', ...cases.map(([line]) => offered(line))].join("\n")
    const { code, stdout, stderr } = await place.shell(script)
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.deepStrictEqual(
      stdout.trimEnd().split("\n"),
      cases.map(([, words]) => words),
    )
  })
})

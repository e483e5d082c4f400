import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe } from "vitest"
import { settings } from "@voiceclone/server/Settings"
import { variables } from "../src/Environment.ts"
import { ExitCode, meanings } from "../src/ExitCode.ts"
import * as Texts from "../src/Texts.ts"

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8")

const hasMan = (() => {
  try {
    execFileSync("man", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

describe("the reference", () => {
  it.effect("for the documentation shows every help page", () =>
    Effect.gen(function* () {
      const { reference, plain } = yield* Texts.make
      for (const [page, help] of Object.entries(plain.help)) {
        assert.include(reference, `## ${["voiceclone", page].join(" ").trimEnd()}\n\n\`\`\`text\n${help}\`\`\`\n`)
      }
    }),
  )

  it.effect("as a man page names every command and exit code, and has no line that roff would take for its own", () =>
    Effect.gen(function* () {
      const { man, plain } = yield* Texts.make
      for (const page of Object.keys(plain.help).filter((page) => page !== "")) {
        assert.include(man, `.SS voiceclone ${page.replaceAll("-", "\\-")}\n`)
      }
      for (const code of Object.values(ExitCode)) assert.include(man, `\\fB${code}\\fR`)
      for (const { variable } of settings) assert.include(man, `\\fB${variable}\\fR`)
      const requests = new Set(Array.from(man.matchAll(/^[.'](\w+)/gm), ([, request]) => request))
      assert.sameMembers(Array.from(requests), ["TH", "SH", "SS", "TP", "PP", "RS", "RE", "nf", "fi", "ad", "nh"])
      if (hasMan)
        execFileSync("man", ["--warnings", "-E", "UTF-8", "-l", "-"], { input: man, stdio: ["pipe", "ignore", "pipe"] })
    }),
  )
})

describe("the environment", () => {
  it("is told in the same words wherever it is told", () => {
    for (const path of ["../README.md", "../../../apps/docs/src/content/docs/start/cli.mdx"]) {
      const rows = Array.from(read(path).matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm), ([, name, meaning]) => [
        name,
        meaning,
      ])
      assert.deepStrictEqual(
        rows,
        variables.map(([name, meaning]) => [name, meaning]),
      )
    }
  })
})

describe("exit codes", () => {
  it("are told in the same words wherever they are told", () => {
    for (const path of ["../README.md", "../../../apps/docs/src/content/docs/start/cli.mdx"]) {
      const rows = Array.from(read(path).matchAll(/^\| (\d+) +\| (.+?) +\|$/gm), ([, code, meaning]) => [
        Number(code),
        meaning,
      ])
      assert.deepStrictEqual(
        rows,
        meanings.map(([code, meaning]) => [code, meaning]),
      )
    }
    const codes = new Set<number>(meanings.map(([code]) => code))
    assert.isTrue(Object.values(ExitCode).every((code) => codes.has(code)))
  })
})

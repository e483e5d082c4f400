import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as CliOutput from "effect/cli/CliOutput"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { layerConfig } from "../src/Cli.ts"
import * as Flags from "../src/Flags.ts"
import { Quiet, Verbose, verbosity } from "../src/GlobalFlags.ts"
import * as Shortcut from "../src/Shortcut.ts"

/** What the definitions of the flags make of a command line. */
const read = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  let found: unknown
  const status = Command.make("status", { taskId: Flags.taskId, ...Flags.connection }, (flags) =>
    Effect.map(verbosity, (more) => {
      found = { ...flags, ...more }
    }),
  )
  const tree = Command.make("voiceclone").pipe(
    Command.withSubcommands([status]),
    Command.withGlobalFlags([Quiet, Verbose]),
  )
  yield* Effect.exit(Command.runWith(tree, { version: "0" })(args))
  return found
})

const services = Layer.mergeAll(
  NodeServices.layer,
  layerConfig,
  CliOutput.layerPresenter({ present: () => Effect.void }),
)

describe("a plain status", () => {
  const word = fc.oneof(
    fc.constantFrom("--json", "--quiet", "-q", "--verbose", "--base-url", "--local", "--", "-", "", " ", "--help"),
    fc.constantFrom("task", " task ", "http://x", "--json=true", "--base-url=http://x", "true", "-x", "status"),
    fc.string(),
  )
  it("means what it means to the definitions, or is left to them", async () => {
    const judge = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
      const args = ["status", ...words]
      const plain = Shortcut.status(args)
      if (plain === undefined) return
      const { baseUrl, ...flags } = plain
      const local = { local: false, data: Option.none() }
      assert.deepStrictEqual(yield* read(args), { ...flags, ...local, baseUrl: Option.fromUndefinedOr(baseUrl) })
    }, Effect.provide(services))
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 5 }), (words) => Effect.runPromise(judge(words))),
      { numRuns: 500 },
    )
  })

  it("is read in the forms that scripts use", () => {
    const base = { taskId: "t", json: false, quiet: false, verbose: false }
    assert.deepStrictEqual(Shortcut.status(["status", "t"]), base)
    assert.deepStrictEqual(Shortcut.status(["status", "--json", "t", "-q"]), { ...base, json: true, quiet: true })
    assert.deepStrictEqual(Shortcut.status(["status", "t", "--base-url", "u"]), { ...base, baseUrl: "u" })
    for (const words of ["wait t", "status", "status t u", "status t --local", "status t --json --json"]) {
      assert.isUndefined(Shortcut.status(words.split(" ")), words)
    }
  })
})

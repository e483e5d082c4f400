/**
 * What the command definitions say of themselves: the help pages from which come `--help` without a wait, the man page
 * and the documentation's reference.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerConfig } from "./Cli.ts"
import { fitted } from "./Help.ts"
import { voiceclone } from "./Tree.ts"
import { version } from "./version.ts"

/** The help page of one command. */
export interface Page {
  /** The words that lead to it: none for the command itself. */
  readonly path: ReadonlyArray<string>
  readonly doc: HelpDoc
}

const pageOf = Effect.fnUntraced(function* (path: ReadonlyArray<string>) {
  const docs: Array<HelpDoc> = []
  const presenter = CliOutput.layerPresenter({
    present: (event) => Effect.sync(() => void (event._tag === "Help" && docs.push(fitted(event.helpDoc)))),
  })
  yield* Command.runWith(voiceclone, { version })([...path, "--help"]).pipe(
    Effect.provide(Layer.merge(presenter, layerConfig)),
  )
  const [doc] = docs
  if (doc === undefined) return yield* Effect.die(`there is no help page for ${path.join(" ")}`)
  return { path, doc } satisfies Page
})

const below = (path: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Page>, unknown, Command.Environment> =>
  Effect.gen(function* () {
    const page = yield* pageOf(path)
    const names = (page.doc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
    const pages = yield* Effect.forEach(names, (name) => below([...path, name]))
    return [page, ...pages.flat()]
  })

/** Every help page, from the top. */
export const pages: Effect.Effect<ReadonlyArray<Page>, unknown> = Effect.provide(below([]), NodeServices.layer)

/**
 * The texts that the command answers with before anything of it is loaded. The build writes them down.
 */
import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import { script, shells } from "./CompletionCommand.ts"
import type { Texts } from "./Instant.ts"
import * as Manual from "./Manual.ts"
import * as Reference from "./Reference.ts"
import { voiceclone } from "./Tree.ts"
import { version } from "./version.ts"

const formatters = { plain: { colors: false }, colorful: { colors: true } }

/** All of them, made from the command definitions. */
export const make: Effect.Effect<Texts & { readonly man: string; readonly reference: string }, unknown> = Effect.map(
  Reference.pages,
  (pages) => {
    const written = (options: { readonly colors: boolean }) => {
      const formatter = CliOutput.defaultFormatter(options)
      return {
        help: Object.fromEntries(pages.map(({ path, doc }) => [path.join(" "), `${formatter.formatHelpDoc(doc)}\n`])),
        version: `${formatter.formatVersion("voiceclone", version)}\n`,
      }
    }
    return {
      plain: written(formatters.plain),
      colorful: written(formatters.colorful),
      man: Manual.man(pages),
      reference: Manual.markdown(pages),
      completion: Object.fromEntries(shells.map((shell) => [shell, script(voiceclone, shell)])),
    }
  },
)

// Writes the documentation's page of commands: pnpm run reference
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import * as Texts from "../src/Texts.ts"

const page = new URL("../../../apps/docs/src/content/docs/start/cli-reference.md", import.meta.url)
writeFileSync(page, (await Effect.runPromise(Texts.make)).reference)

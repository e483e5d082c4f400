// Writes the documentation's page of commands, and the schema of the JSON lines: pnpm run reference
import * as Effect from "effect/Effect"
import { mkdirSync, writeFileSync } from "node:fs"
import * as JsonLine from "../src/JsonLine.ts"
import * as Texts from "../src/Texts.ts"

const docs = new URL("../../../apps/docs/", import.meta.url)
writeFileSync(new URL("src/content/docs/start/cli-reference.md", docs), (await Effect.runPromise(Texts.make)).reference)

const schemas = new URL("public/schemas/", docs)
mkdirSync(schemas, { recursive: true })
writeFileSync(
  new URL(`json-lines-${JsonLine.version}.json`, schemas),
  `${JSON.stringify(JsonLine.jsonSchema(), null, 2)}\n`,
)

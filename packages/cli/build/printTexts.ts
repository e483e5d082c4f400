import * as Effect from "effect/Effect"
import * as JsonLine from "../src/JsonLine.ts"
import * as Texts from "../src/Texts.ts"

console.log(JSON.stringify({ ...(await Effect.runPromise(Texts.make)), schema: JsonLine.jsonSchema() }))

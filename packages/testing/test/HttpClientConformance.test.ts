/** Every case of the suite, proven able to fail. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as HttpClientConformance from "../src/HttpClientConformance.ts"
import * as HttpClientConformanceServer from "../src/HttpClientConformanceServer.ts"
import { answers } from "./http/answers.ts"
import { breaks } from "./http/breaks.ts"
import { connections } from "./http/connections.ts"
import { requests } from "./http/requests.ts"
import { isCaught } from "./sabotage.ts"

const sabotages = [...requests, ...answers, ...breaks, ...connections]

const server = await HttpClientConformanceServer.start()
afterAll(server.close)

const undici = Effect.map(
  Layer.build(Layer.fresh(NodeHttpClient.layerUndiciOptions({ connections: 4 }))),
  Context.get(HttpClient.HttpClient),
)

describe("HttpClientConformance", () => {
  it.live.each(sabotages)("“%s” catches one that %s", ([caughtBy, , change]) =>
    Effect.gen(function* () {
      const client = Effect.map(undici, change)
      const cases = HttpClientConformance.cases(client, server, { connections: 4, patience: 400 })
      const found = cases.find(({ name }) => name === caughtBy)
      assert.isDefined(found, "there is no such case")
      yield* isCaught(found.check)
    }),
  )

  it("has no case that nothing was caught by", () => {
    const cases = HttpClientConformance.cases(undici, server, { connections: 4 })
    assert.deepStrictEqual(new Set(sabotages.map(([caughtBy]) => caughtBy)), new Set(cases.map(({ name }) => name)))
  })

  const honest = HttpClientConformance.cases(undici, server, { connections: 4 })
  it.live.each(honest)("is content with undici: $name", ({ check }) => check)
})

/** The HTTP client of browsers, held to what its port promises. */
import { describe, it } from "@effect/vitest"
import * as HttpClientConformance from "@voiceclone/testing/HttpClientConformance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { inject } from "vitest"
import * as HttpClientBrowser from "../src/HttpClientBrowser.ts"

const { conformance } = inject("servers")

describe("HttpClientBrowser", () => {
  const client = Effect.map(Layer.build(Layer.fresh(HttpClientBrowser.layer)), Context.get(HttpClient.HttpClient))
  const cases = HttpClientConformance.cases(client, conformance, {
    // what Chromium has and takes, over HTTP/1.1
    connections: 6,
    unreadBytes: 96 * 1024 * 1024,
    lacks: ["streamed uploads", "accept-encoding", "redirect status", "reasons", "single sends"],
  })
  for (const { name, check } of cases) it.live(name, () => check)
})

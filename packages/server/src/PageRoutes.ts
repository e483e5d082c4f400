/**
 * The page's files, and how it is let in.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpStaticServer from "effect/http/HttpStaticServer"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import type { Page } from "./Page.ts"
import { ServerConfig } from "./ServerOptions.ts"

/** For how long the code may be used: a browser that is not open yet takes its time. */
const codeLifetime = Duration.minutes(5)

/** The page does all itself: nothing of it comes from elsewhere, and nobody frames it. */
const security = {
  "content-security-policy": [
    "default-src 'none'",
    // the recorder's worklet and the writer of files are started from blobs
    "script-src 'self' blob:",
    "worker-src blob:",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src blob:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "microphone=(self)",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
}

const files = (directory: string) =>
  Effect.gen(function* () {
    const router = yield* HttpRouter.HttpRouter
    const document = yield* HttpStaticServer.make({ root: directory, cacheControl: "no-cache" })
    // they are named after what is in them
    const assets = yield* HttpStaticServer.make({
      root: directory,
      index: undefined,
      cacheControl: "public, max-age=31536000, immutable",
    })
    yield* router.add("GET", "/", Effect.map(document, HttpServerResponse.setHeaders(security)))
    yield* router.add("GET", "/assets/*", Effect.map(assets, HttpServerResponse.setHeaders(security)))
  })

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** `POST /session`, with the code in place of a key. */
const session = ({ code, token }: Page) =>
  Effect.gen(function* () {
    const router = yield* HttpRouter.HttpRouter
    const began = yield* Clock.currentTimeMillis
    const bearer = digest(`Bearer ${Redacted.value(code)}`)
    const noStore = { "cache-control": "no-store" }
    let isUsed = false
    yield* router.add(
      "POST",
      "/session",
      Effect.gen(function* () {
        const { headers } = yield* HttpServerRequest
        const isFresh = (yield* Clock.currentTimeMillis) - began < Duration.toMillis(codeLifetime)
        if (isUsed || !isFresh || !timingSafeEqual(digest(headers["authorization"] ?? ""), bearer)) {
          return HttpServerResponse.jsonUnsafe(
            { detail: "This address was used already, or is too old; voiceclone serve --open shows another" },
            { status: 401, headers: noStore },
          )
        }
        isUsed = true
        return HttpServerResponse.jsonUnsafe({ token: Redacted.value(token) }, { headers: noStore })
      }),
    )
  })

/** The routes of the page, where there is one. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { page } = yield* ServerConfig
    if (page === undefined) return
    yield* Effect.orDie(files(page.directory))
    yield* session(page)
  }),
)

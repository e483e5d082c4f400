/**
 * `GET /metrics`: what is counted, in Prometheus' text format.
 *
 * It tells how much is going on here, so not everyone may ask: whoever is on this machine, or has the metrics' own token.
 * API keys are no use, they belong to clients. Nothing in it is a secret, an id or a voice; it costs no database.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { ServerConfig } from "./ServerOptions.ts"
import { createHash, timingSafeEqual } from "node:crypto"

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/u
const localHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/iu

/** What proxies add, and pages of other origins: the peer is then on this machine, but who asks need not be. */
const forwarded = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "origin", "sec-fetch-site"]

const isLocal = ({ headers, peerAddress }: HttpServerRequest): boolean =>
  Option.exists(peerAddress, (address) => loopback.test(address)) &&
  localHost.test(headers["host"] ?? "") &&
  forwarded.every((name) => headers[name] === undefined)

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const bears = ({ headers }: HttpServerRequest, token: Redacted.Redacted<string>): boolean =>
  timingSafeEqual(digest(headers["authorization"] ?? ""), digest(`Bearer ${Redacted.value(token)}`))

const refusal = HttpServerResponse.jsonUnsafe(
  { detail: "Metrics are for this machine, and for who bears the metrics token (VOICECLONE_METRICS_TOKEN)" },
  { status: 401 },
)

/** The route. */
export const layer = HttpRouter.add(
  "GET",
  "/metrics",
  Effect.gen(function* () {
    const { metricsToken } = yield* ServerConfig
    const request = yield* HttpServerRequest
    if (!isLocal(request) && (metricsToken === undefined || !bears(request, metricsToken))) return refusal
    return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
      contentType: "text/plain; version=0.0.4; charset=utf-8",
    })
  }),
)

/**
 * Everything the server answers: the API, its description, health, errors, and pages of other origins. It imports no
 * runtime.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Api from "./Api.ts"
import * as ErrorAnswers from "./ErrorAnswers.ts"
import * as Health from "./Health.ts"
import * as MetricsEndpoint from "./MetricsEndpoint.ts"
import * as PageRoutes from "./PageRoutes.ts"
import { ServerConfig } from "./ServerOptions.ts"

/** Where a container's or a balancer's check looks first. */
const rootHealth = Layer.unwrap(
  Effect.map(Health.make, ({ health, ready }) =>
    Layer.mergeAll(
      HttpRouter.add("GET", "/health", Effect.map(health(), HttpServerResponse.jsonUnsafe)),
      HttpRouter.add(
        "GET",
        "/ready",
        ready().pipe(
          Effect.map((body) => HttpServerResponse.jsonUnsafe(body)),
          Effect.catch(({ detail }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ detail }, { status: 503 }))),
        ),
      ),
    ),
  ),
)

/** What pages of other origins may do and see. */
const crossOrigin = Layer.unwrap(
  Effect.map(ServerConfig, ({ allowedOrigins }) =>
    HttpRouter.cors({
      allowedOrigins,
      exposedHeaders: [
        "Content-Disposition",
        "Content-Length",
        "Content-Range",
        "Accept-Ranges",
        "ETag",
        "Idempotency-Key",
        "Idempotent-Replayed",
        "Preference-Applied",
        "Repr-Digest",
        "Retry-After",
        "X-Request-Id",
      ],
      maxAge: 86_400,
    }),
  ),
)

/** The routes, on services that may be anyone's. */
export const layer = Layer.mergeAll(Api.layer, rootHealth, MetricsEndpoint.layer, PageRoutes.layer).pipe(
  Layer.provide(ErrorAnswers.layer),
  Layer.provide(crossOrigin),
)

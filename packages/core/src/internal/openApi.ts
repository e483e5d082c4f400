/**
 * What a server's OpenAPI document promises.
 */
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Predicate from "effect/Predicate"

/** Far more than any API's description; a stranger's endless answer is cut off. */
const maximumBytes = 4 * 1024 * 1024

/** The answer as JSON. Fails where it isn't any. */
export const json = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<unknown, unknown> =>
  response.status === 200 && Number(response.headers["content-length"] ?? 0) <= maximumBytes
    ? response.json
    : Effect.fail(response.status)

const at = (value: unknown, key: string): unknown =>
  Predicate.isObject(value) ? (value as Record<string, unknown>)[key] : undefined

/** Whether `POST …/async-clone/create-task` takes a header parameter `Idempotency-Key`. */
export const declaresIdempotencyKey = (document: unknown): boolean =>
  Object.entries(at(document, "paths") ?? {}).some(([path, item]) => {
    const parameters = at(at(item, "post"), "parameters")
    return (
      path.endsWith("/async-clone/create-task") &&
      Array.isArray(parameters) &&
      parameters.some(
        (parameter) =>
          at(parameter, "in") === "header" && String(at(parameter, "name")).toLowerCase() === "idempotency-key",
      )
    )
  })

/**
 * What a server's OpenAPI document promises.
 */
import * as Predicate from "effect/Predicate"

/** Far more than any API's description; a stranger's endless answer is cut off. */
export const maximumBytes = 4 * 1024 * 1024

const at = (value: unknown, key: string): unknown =>
  Predicate.isObject(value) ? (value as Record<string, unknown>)[key] : undefined

/** Whether `POST …/async-clone/create-task` takes a header parameter `Idempotency-Key`. */
export const declaresIdempotencyKey = (document: unknown): boolean =>
  Object.entries(at(document, "paths") ?? {}).some(([path, item]) => {
    const parameters = at(at(item, "post"), "parameters")
    return (
      path.endsWith("/async-clone/create-task") &&
      Array.isArray(parameters) &&
      parameters.some((parameter) => {
        const name = at(parameter, "name")
        return at(parameter, "in") === "header" && Predicate.isString(name) && /^idempotency-key$/i.test(name)
      })
    )
  })

/**
 * The patterns of the paths that the server answers. They stand for requests in metrics, logs and traces, where a path
 * as it is asked for would be as good as a task's id, and make as many series as there are tasks.
 */
import * as HttpApi from "effect/http-api/HttpApi"
import { Api } from "./Api.ts"

interface Route {
  readonly method: string
  /** E.g. `/api/async-clone/task-status/:task_id`. */
  readonly pattern: string
  readonly parts: ReadonlyArray<string>
}

const partsOf = (url: string): ReadonlyArray<string> =>
  (url.split(/[?#]/u, 1)[0] ?? "").split("/").filter((part) => part !== "")

const route = (method: string, pattern: string): Route => ({ method, pattern, parts: partsOf(pattern) })

const routes: Array<Route> = [
  route("GET", "/health"),
  route("GET", "/ready"),
  route("GET", "/metrics"),
  route("GET", "/api/openapi.json"),
]
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => void routes.push(route(endpoint.method, endpoint.path)),
})

const matching = (url: string): ReadonlyArray<Route> => {
  const parts = partsOf(url)
  return routes.filter(
    (route) =>
      route.parts.length === parts.length && route.parts.every((part, i) => part.startsWith(":") || part === parts[i]),
  )
}

/** The pattern that the URL's path matches, or `other`. */
export const of = (url: string): string => matching(url)[0]?.pattern ?? "other"

/** The methods that the path takes, or none where there is no such path. */
export const methods = (url: string): ReadonlyArray<string> => {
  const methods = matching(url).map(({ method }) => method)
  return methods.includes("GET") ? [...methods, "HEAD"] : methods
}

const probes: ReadonlySet<string> = new Set(["/health", "/ready", "/metrics", "/api/health", "/api/ready"])

/** Whether it asks how the server is. */
export const isProbe = (pattern: string): boolean => probes.has(pattern)

/** Whether it asks all the time, and means nothing as long as it is answered well. */
export const isRoutine = (pattern: string): boolean =>
  isProbe(pattern) || pattern === "/api/async-clone/task-status/:task_id"

/**
 * A request by `XMLHttpRequest` (XHR Standard), which alone tells how much of a body has been sent.
 */
import type { Listener } from "@voiceclone/core/UploadProgress"
import * as Effect from "effect/Effect"

export interface Sending {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: XMLHttpRequestBodyInit
  readonly signal: AbortSignal
  readonly withCredentials: boolean
}

/** A worker may have none. */
export const isThere = (): boolean => "XMLHttpRequest" in globalThis

/** Statuses whose answers have no body (Fetch Standard, "null body status"). */
const bodiless = new Set([204, 205, 304])

/** Rejects with a `TypeError`, as `fetch` does, where no whole answer comes. */
export const send = ({ body, headers, method, signal, url, withCredentials }: Sending, progress: Listener) =>
  new Promise<Response>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const request = new XMLHttpRequest()
    request.open(method, url)
    request.responseType = "arraybuffer"
    request.withCredentials = withCredentials
    for (const [name, value] of Object.entries(headers)) {
      // the browser writes these by itself
      if (name !== "content-length" && name !== "accept-encoding") request.setRequestHeader(name, value)
    }
    const abort = () => request.abort()
    signal.addEventListener("abort", abort)
    const failed = () => reject(new TypeError("Failed to fetch"))
    request.upload.addEventListener("progress", ({ loaded, total }) => void Effect.runFork(progress(loaded, total)))
    request.addEventListener("error", failed)
    request.addEventListener("abort", () => reject(signal.reason as Error))
    request.addEventListener("load", () => resolve(responseOf(request, url)))
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort))
    request.send(body)
  })

const responseOf = (request: XMLHttpRequest, { href }: URL): Response => {
  // it follows redirects without asking: what answers then is not whom we have called
  if (request.responseURL !== "" && request.responseURL !== href.replace(/#.*/, "")) {
    return new Response(null, { status: 302, headers: { location: request.responseURL } })
  }
  const headers = new Headers()
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/)) {
    const colon = line.indexOf(":")
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const body = bodiless.has(request.status) ? null : (request.response as ArrayBuffer)
  return new Response(body, { status: request.status, headers })
}

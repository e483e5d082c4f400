import { createHash } from "node:crypto"

const api = process.env["VOICECLONE_BASE_URL"] ?? "https://aivoiceclonefree.com/api"
const apiKey = process.env["VOICECLONE_API_KEY"] ?? ""

/** Whose each task is. Keep this in your database: here it ends with the process. */
const visitors = new Map<string, string>()

const toApi = ["content-type", "if-range", "last-event-id", "prefer", "range"]
const toPage = [
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "preference-applied",
  "repr-digest",
  "retry-after",
]

const only = (headers: Headers, names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(Array.from(headers).filter(([name]) => names.includes(name)))

/** To the API all visitors are one: without this, one could come by another's task with the same key. */
const ownKey = (visitor: string, key: string): string =>
  createHash("sha256")
    .update(JSON.stringify([visitor, key]))
    .digest("hex")

const refuse = (status: number, detail: string): Response => Response.json({ detail }, { status })

/** Answers what a page asks below `/api`. `visitor` is who you know them to be, by their session, say. */
export const relay = async (request: Request, visitor: string | null | undefined): Promise<Response> => {
  if (!visitor) return refuse(401, "Invalid or missing API key")
  const path = new URL(request.url).pathname.replace("/api", "")
  const creates = request.method === "POST" && path === "/async-clone/create-task"
  const [, taskId = ""] = /^\/async-clone\/task(?:-status|-result|-events)?\/([^/]+)$/.exec(path) ?? []
  // nothing else: the list of tasks is that of the key, with those of all visitors
  if (!creates && path !== "/openapi.json" && visitors.get(taskId) !== visitor) {
    return refuse(404, "Task not found or result not available")
  }
  const key = request.headers.get("idempotency-key")
  const asked = {
    method: request.method,
    headers: {
      ...only(request.headers, toApi),
      ...(key === null ? {} : { "idempotency-key": ownKey(visitor, key) }),
      authorization: `Bearer ${apiKey}`,
      // a compressed answer would have another length than the one it tells
      "accept-encoding": "identity",
    },
    body: request.body,
    duplex: "half",
    redirect: "manual",
    signal: request.signal,
  } as const
  const answer = await fetch(api + path, asked)
  if (creates && answer.ok) visitors.set((await answer.clone().json()).task_id, visitor)
  const headers = {
    ...only(answer.headers, toPage),
    // that the API heeds it is told of the key that the page knows
    ...(key !== null && answer.headers.has("idempotency-key") ? { "idempotency-key": key } : {}),
    // a cache in between does not know visitors by their cookies
    "cache-control": "no-store, no-transform",
  }
  return new Response(answer.body, { status: answer.status, headers })
}

const api = process.env["VOICECLONE_BASE_URL"] ?? "https://aivoiceclonefree.com/api"
const key = process.env["VOICECLONE_API_KEY"] ?? ""

/** Whose each task is. Keep this in your database: here it ends with the process. */
const visitors = new Map<string, string>()

const toApi = ["content-type", "idempotency-key", "if-range", "last-event-id", "prefer", "range"]
const toPage = [
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "idempotency-key",
  "repr-digest",
  "retry-after",
]

const only = (headers: Headers, names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(Array.from(headers).filter(([name]) => names.includes(name)))

const refuse = (status: number, detail: string): Response => Response.json({ detail }, { status })

/** Answers what a page asks below `/api`. `visitor` is who you know them to be, by their session, say. */
export const relay = async (request: Request, visitor: string | undefined): Promise<Response> => {
  if (visitor === undefined) return refuse(401, "Invalid or missing API key")
  const path = new URL(request.url).pathname.replace("/api", "")
  const creates = path === "/async-clone/create-task"
  const [, taskId = ""] = /^\/async-clone\/task(?:-status|-result|-events)?\/([^/]+)$/.exec(path) ?? []
  // nothing else: the list of tasks is that of the key, with those of all visitors
  if (!creates && path !== "/openapi.json" && visitors.get(taskId) !== visitor) {
    return refuse(404, "Task not found or result not available")
  }
  const asked = {
    method: request.method,
    // a compressed answer would have another length than the one it tells
    headers: { ...only(request.headers, toApi), authorization: `Bearer ${key}`, "accept-encoding": "identity" },
    body: request.body,
    duplex: "half",
    redirect: "manual",
    signal: request.signal,
  } as const
  const answer = await fetch(api + path, asked)
  if (creates && answer.ok) visitors.set((await answer.clone().json()).task_id, visitor)
  return new Response(answer.body, { status: answer.status, headers: only(answer.headers, toPage) })
}

/**
 * The documented voice-cloning API as a scenario: tasks that live as you script them, faults where you want them, and a
 * record of every request.
 *
 * The scenario itself speaks to no one. Reach it in memory with `FakeHttpClient`, or on a real port with `FakeServer`.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Call, Fault, RequestHead } from "./Fault.ts"
import { concat, equal } from "./internal/bytes.ts"
import * as Reply from "./Reply.ts"
import * as Serving from "./Serving.ts"
import * as WavFile from "./WavFile.ts"

/** What a status call answers, where it is more than a word. */
export interface Step {
  readonly status: string
  /** Why the task failed. */
  readonly error?: string
  /** The `Retry-After` field. */
  readonly retryAfter?: string
  /** Whatever else stands in the JSON, e.g. `progress`. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** What each status call in turn says of a task; the last goes on for ever. */
export type Lifecycle = readonly [string | Step, ...ReadonlyArray<string | Step>]

export interface Scenario {
  /**
   * How each task lives.
   * @default ["pending", "processing", "completed"]
   */
  readonly lifecycle?: Lifecycle
  /**
   * The result of each task. Of several, the first result call gets the first, the next one the next, and the last goes
   * on for ever: a result that changes between two attempts.
   * @default a tone of one second
   */
  readonly speech?: Uint8Array<ArrayBuffer> | readonly [Uint8Array<ArrayBuffer>, ...Array<Uint8Array<ArrayBuffer>>]
  /** How results are served: validators, ranges, digests. */
  readonly serving?: Serving.Serving
  /**
   * What the server makes of `Idempotency-Key`: nothing; or one task of one key, which it says in its answer; or
   * that, and says so in its OpenAPI document too.
   * @default "ignored"
   */
  readonly idempotencyKeys?: "ignored" | "acknowledged" | "documented"
  /**
   * Honours `Prefer: wait=N`: the answer is held this long, or N seconds where that is less.
   * @default it is ignored
   */
  readonly holds?: Duration.Input
  /**
   * Whether the calls exist that list tasks and cancel them.
   * @default false
   */
  readonly lists?: boolean
  /** What goes wrong. */
  readonly faults?: ReadonlyArray<Fault>
  /**
   * The keys that are accepted.
   * @default any; each sees its own tasks only
   */
  readonly apiKeys?: ReadonlyArray<string>
}

/** A task, as the server knows it. */
export interface FakeTask {
  readonly id: string
  /** The API key that it was created with. */
  readonly owner: string
  readonly text: string
  readonly sample: { readonly name: string; readonly type: string; readonly bytes: Uint8Array }
  /** How often its status was answered. */
  readonly polls: number
  /** Whether it was cancelled. */
  readonly isCancelled: boolean
}

export type { RequestHead } from "./Fault.ts"

/** A request, as it was received. */
export interface RecordedRequest extends RequestHead {
  /** Absent where it was none of the API's calls. */
  readonly call: Call | undefined
  /** The how manieth it was of its call, from 1. */
  readonly attempt: number
  /** As much of the body as has come. */
  readonly body: Uint8Array<ArrayBuffer>
  /** The status of the answer, and how many bytes its body has, or had until it broke off. */
  readonly answer: { readonly status: number; readonly bytes: number } | undefined
  /** `answered` in full, `brokenOff` by a fault, `aborted` by the client, or still `open`. */
  readonly outcome: "open" | "answered" | "brokenOff" | "aborted"
}

/** One request under way: what a transport needs to play it. */
export interface Exchange {
  /** Where to break off while the request is being read. */
  readonly whileReceiving: Fault["whileReceiving"]
  readonly receive: (chunk: Uint8Array) => void
  /** Does what the request asks, once it has come in full. */
  readonly reply: Effect.Effect<Reply.Reply>
  /** Says how it went; only the first time counts. */
  readonly end: (outcome: Exclude<RecordedRequest["outcome"], "open">) => void
}

export interface FakeApi {
  /** Every request so far, oldest first. */
  readonly requests: ReadonlyArray<RecordedRequest>
  /** The requests of one call, oldest first. */
  readonly requestsOf: (call: Call) => ReadonlyArray<RecordedRequest>
  /** Every task, oldest first. */
  readonly tasks: ReadonlyArray<FakeTask>
  /** Adds a task without a create call, and gives its id. */
  readonly addTask: (task?: { readonly owner?: string; readonly lifecycle?: Lifecycle }) => string
  /** Takes a request. For transports; a test has no need of it. */
  readonly open: (head: RequestHead) => Exchange
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/**
 * A scenario, ready to be played.
 *
 * @example
 * import * as FakeApi from "@voiceclone/testing/FakeApi"
 * import * as FakeServer from "@voiceclone/testing/FakeServer"
 * import * as Fault from "@voiceclone/testing/Fault"
 *
 * const api = FakeApi.make({
 *   lifecycle: ["pending", { status: "failed", error: "The sample is silent" }],
 *   faults: [Fault.on("status", 1, Fault.answer(429, { headers: { "retry-after": "2" } }))],
 * })
 * await using server = await FakeServer.start(api)
 * // … let your program talk to server.baseUrl, then look at what came:
 * assert.strictEqual(api.requestsOf("create").length, 1)
 */
export const make = ({
  lifecycle = ["pending", "processing", "completed"],
  speech = WavFile.tone(),
  serving = {},
  idempotencyKeys = "ignored",
  holds,
  lists = false,
  faults = [],
  apiKeys,
}: Scenario = {}): FakeApi => {
  const versions = Array.isArray(speech) ? speech : [speech]
  const keys = new Map<string, FakeTask>()
  const requests: Array<RecordedRequest> = []
  const tasks: Array<Mutable<FakeTask> & { readonly lifecycle: Lifecycle }> = []

  const add = (owner: string, text: string, sample: FakeTask["sample"], life = lifecycle): string => {
    const id = `task-${tasks.length + 1}`
    tasks.push({ id, owner, text, sample, polls: 0, isCancelled: false, lifecycle: life })
    return id
  }

  const create = Effect.fnUntraced(function* (request: RecordedRequest, owner: string) {
    const form = yield* Effect.option(Effect.tryPromise(() => new Response(request.body, request).formData()))
    if (form._tag === "None") return Reply.error(400, "There was an error parsing the body")
    const text = form.value.get("text")
    const sample = form.value.get("audio_file")
    const missing = [
      ...(sample instanceof Blob ? [] : ["audio_file"]),
      ...(typeof text === "string" && text !== "" ? [] : ["text"]),
    ]
    if (!(sample instanceof Blob) || typeof text !== "string" || missing.length > 0) {
      return Reply.error(
        422,
        missing.map((field) => ({ type: "missing", loc: ["body", field], msg: "Field required", input: null })),
      )
    }
    const bytes = new Uint8Array(yield* Effect.promise(() => sample.arrayBuffer()))
    const key = idempotencyKeys === "ignored" ? undefined : request.headers["idempotency-key"]
    const acknowledged: Record<string, string> = key === undefined ? {} : { "idempotency-key": key }
    const earlier = keys.get(`${owner} ${key}`)
    if (key !== undefined && earlier !== undefined) {
      const same = earlier.text === text && equal(earlier.sample.bytes, bytes)
      return same
        ? Reply.json(200, { task_id: earlier.id }, { ...acknowledged, "idempotent-replayed": "true" })
        : Reply.error(422, "The Idempotency-Key was used for another task", acknowledged)
    }
    const task_id = add(owner, text, { name: sample.name, type: sample.type, bytes })
    const task = tasks.at(-1)
    if (key !== undefined && task !== undefined) keys.set(`${owner} ${key}`, task)
    return Reply.json(200, { task_id }, acknowledged)
  })

  /** Where a task stands after so many polls. */
  const stepAt = (life: Lifecycle, polls: number): Step => {
    const step = life[Math.min(Math.max(0, polls - 1), life.length - 1)] ?? life[0]
    return typeof step === "string" ? { status: step } : step
  }

  const standOf = (task: (typeof tasks)[number]): Step =>
    task.isCancelled ? { status: "failed", error: "The task was cancelled" } : stepAt(task.lifecycle, task.polls)

  const wireOf = (task: (typeof tasks)[number]) => {
    const { status, error, fields } = standOf(task)
    return { task_id: task.id, status, ...(error === undefined ? {} : { error }), ...fields }
  }

  /** Pages of the owner's tasks; the cursor is how many came before. */
  const list = (query: string, owner: string): Reply.Reply => {
    const searchParams = new URLSearchParams(query)
    const limit = Number(searchParams.get("limit") ?? 100)
    const start = Number(searchParams.get("cursor") ?? 0)
    const wanted = searchParams.get("status")
    const own = tasks
      .toReversed()
      .filter((task) => task.owner === owner || task.owner === anyone)
      .map(wireOf)
      .filter(({ status }) => wanted === null || status === wanted)
    const more = own.length > start + limit ? { next_cursor: String(start + limit) } : {}
    return Reply.json(200, { tasks: own.slice(start, start + limit), ...more })
  }

  const status = (task: (typeof tasks)[number], prefer: string | undefined): Reply.Reply => {
    task.polls++
    const { status, error, retryAfter, fields } = standOf(task)
    const wait = holds === undefined ? undefined : /(?:^|,)\s*wait=(\d+)/.exec(prefer ?? "")?.[1]
    const reply = Reply.json(
      200,
      { status, ...(error === undefined ? {} : { error }), ...fields },
      {
        ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
        ...(wait === undefined ? {} : { "preference-applied": `wait=${wait}` }),
      },
    )
    return wait === undefined || holds === undefined
      ? reply
      : { ...reply, delay: Duration.min(Duration.fromInputUnsafe(holds), Duration.seconds(Number(wait))) }
  }

  const result = (task: (typeof tasks)[number], request: RecordedRequest): Effect.Effect<Reply.Reply> => {
    const { status } = standOf(task)
    if (status === "failed") return Effect.succeed(Reply.error(404))
    if (status !== "completed") {
      return Effect.succeed(Reply.error(409, `Task not completed yet. Current status: ${status}`))
    }
    const version = Math.min(request.attempt, versions.length) - 1
    const headers = {
      "content-type": "audio/wav",
      "content-disposition": `attachment; filename="task_${task.id}.wav"`,
    }
    return Serving.serve(serving, versions[version] ?? WavFile.tone(), version, headers, request.headers)
  }

  const rightReply = (request: RecordedRequest, route: Route | undefined): Effect.Effect<Reply.Reply> => {
    if (route === undefined || (!lists && (route.call === "list" || route.call === "cancel"))) {
      return Effect.succeed(Reply.error(404, "Not Found"))
    }
    if (request.method !== route.method) return Effect.succeed(Reply.error(405))
    if (route.call === "openapi") return Effect.succeed(idempotencyKeys === "documented" ? openApi : Reply.error(404))
    const key = /^Bearer (\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1]
    if (key === undefined || apiKeys?.includes(key) === false) return Effect.succeed(Reply.error(401))
    if (route.call === "create") return create(request, key)
    if (route.call === "list") return Effect.succeed(list(request.query ?? "", key))
    const task = tasks.find(({ id }) => id === route.taskId)
    if (task === undefined) return Effect.succeed(Reply.error(404))
    if (task.owner !== key && task.owner !== anyone) return Effect.succeed(Reply.error(403))
    if (route.call === "cancel") {
      task.isCancelled = true
      return Effect.succeed(Reply.json(200, wireOf(task)))
    }
    return route.call === "status" ? Effect.succeed(status(task, request.headers["prefer"])) : result(task, request)
  }

  const requestsOf = (call: Call) => requests.filter((request) => request.call === call)

  const open = (head: RequestHead): Exchange => {
    const route = routeOf(head.path)
    const attempt = requests.filter((request) => request.call === route?.call).length + 1
    const chunks: Array<Uint8Array> = []
    const request: Mutable<RecordedRequest> = {
      ...head,
      call: route?.call,
      attempt,
      get body() {
        return concat(chunks)
      },
      answer: undefined,
      outcome: "open",
    }
    requests.push(request)
    const befalling = faults.filter((fault) => fault.call === route?.call && fault.befalls(attempt))
    const instead = befalling.find((fault) => fault.instead !== undefined)?.instead
    return {
      whileReceiving: befalling.find((fault) => fault.whileReceiving !== undefined)?.whileReceiving,
      receive: (chunk) => void chunks.push(chunk),
      reply: Effect.map(instead === undefined ? rightReply(request, route) : Effect.succeed(instead), (right) => {
        const reply = befalling.reduce((reply, fault) => fault.answer?.(reply, head) ?? reply, right)
        const at = reply.breakOff?.at
        const bytes = at === "head" ? 0 : Math.min(at ?? Number.POSITIVE_INFINITY, reply.body.byteLength)
        request.answer = { status: reply.status, bytes }
        return reply
      }),
      end: (outcome) => {
        if (request.outcome === "open") request.outcome = outcome
      },
    }
  }

  const addTask: FakeApi["addTask"] = ({ owner = anyone, lifecycle } = {}) =>
    add(owner, "", { name: "", type: "", bytes: new Uint8Array() }, lifecycle)

  return { requests, requestsOf, tasks, addTask, open }
}

/** Owns what every key may see. */
const anyone = ""

interface Route {
  readonly call: Call
  readonly method: string
  readonly taskId: string
}

const routeOf = (path: string): Route | undefined => {
  if (path.endsWith("/async-clone/create-task")) return { call: "create", method: "POST", taskId: "" }
  if (path.endsWith("/openapi.json")) return { call: "openapi", method: "GET", taskId: "" }
  if (path.endsWith("/async-clone/tasks")) return { call: "list", method: "GET", taskId: "" }
  const [, cancelled] = /\/async-clone\/task\/([^/]+)$/.exec(path) ?? []
  if (cancelled !== undefined) return { call: "cancel", method: "DELETE", taskId: decodeURIComponent(cancelled) }
  const [, call, id] = /\/async-clone\/task-(status|result)\/([^/]+)$/.exec(path) ?? []
  return id === undefined
    ? undefined
    : { call: call === "status" ? "status" : "result", method: "GET", taskId: decodeURIComponent(id) }
}

const header = { name: "Idempotency-Key", in: "header", schema: { type: "string" } }

const openApi = Reply.json(200, {
  openapi: "3.1.0",
  paths: { "/api/async-clone/create-task": { post: { parameters: [header] } } },
})

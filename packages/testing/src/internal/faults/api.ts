/**
 * What any call meets: refusals, answers that are lost, late or senseless.
 */
import * as Fault from "../../Fault.ts"
import * as Reply from "../../Reply.ts"
import { fault } from "./fault.ts"

const everyCall = (misbehaviour: Fault.Misbehaviour): ReadonlyArray<Fault.Fault> =>
  (["create", "status", "result"] as const).map((call) => Fault.on(call, "every", misbehaviour))

const refused = (status: number, about: string) =>
  fault(about, () => ({ faults: everyCall(Fault.answer(status)), lifecycle: ["completed"] }))

const retryAfter = (about: string, field: () => string) =>
  fault(`The first status answer is 429 with Retry-After ${about}.`, () => ({
    faults: [Fault.on("status", 1, Fault.answer(429, { headers: { "retry-after": field() } }))],
  }))

export const api = {
  "401": refused(401, "The key is not accepted."),
  "403": refused(403, "The task belongs to someone else."),
  "404": refused(404, "There is no such task."),
  "410": refused(410, "The result has expired."),
  "422": refused(422, "The request is refused."),
  "409": fault("The result is not ready, though the status says so, twice.", () => ({
    lifecycle: ["completed"],
    faults: [Fault.on("result", [1, 2], Fault.answer(409))],
  })),
  "404-after-create": fault("The server doesn't know the task at first.", () => ({
    faults: [Fault.on("status", [1, 2], Fault.answer(404))],
  })),
  "retry-after-seconds": retryAfter("in seconds", () => "2"),
  "retry-after-date": retryAfter("as a date", () => new Date(Date.now() + 2000).toUTCString()),
  "retry-after-past": retryAfter("in the past", () => "Thu, 01 Jan 1970 00:00:00 GMT"),
  "retry-after-negative": retryAfter("below zero", () => "-5"),
  "retry-after-fraction": retryAfter("as a fraction", () => "1.5"),
  "retry-after-garbage": retryAfter("that is neither number nor date", () => "soon"),
  "retry-after-centuries": retryAfter("in centuries", () => "9999999999"),
  "create-broken-off": fault("The upload is reset before its end.", () => ({
    faults: [Fault.on("create", 1, Fault.reset({ afterReceived: 200 }))],
  })),
  "create-unanswered": fault("The task is created, and the answer lost.", () => ({
    faults: [Fault.on("create", 1, Fault.reset())],
  })),
  "create-unanswered-documented": fault("The same, at a server whose description has Idempotency-Key.", () => ({
    idempotencyKeys: "documented",
    faults: [Fault.on("create", 1, Fault.reset())],
  })),
  "create-unanswered-then-down": fault("The same, and then the server is down for good.", () => ({
    idempotencyKeys: "documented",
    faults: [
      Fault.on("create", 1, Fault.reset()),
      Fault.on("create", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], Fault.answer(503)),
    ],
  })),
  "create-bad-gateway": fault("The task is created, and a proxy answers 502.", () => ({
    faults: [Fault.on("create", 1, { answer: () => Reply.error(502, "Bad Gateway") })],
  })),
  "openapi-stalled": fault("The answer to create is lost, and the server's description never ends.", () => ({
    idempotencyKeys: "documented",
    faults: [Fault.on("create", 1, Fault.reset()), Fault.on("openapi", "every", Fault.stall({ afterSent: 10 }))],
  })),
  "held-answers": fault("Status answers are held for 3 seconds (Prefer: wait).", () => ({ holds: "3 seconds" })),
  "status-bad-json": fault("Half a JSON text as status, twice.", () => ({
    faults: [Fault.on("status", [1, 2], Fault.answer(200, { body: '{"status":"comple' }))],
  })),
  "status-html": fault("A web page as status, twice.", () => ({ faults: [Fault.on("status", [1, 2], Fault.html())] })),
  "status-missing": fault("JSON without a status, twice.", () => ({
    faults: [Fault.on("status", [1, 2], Fault.answer(200, { body: "{}" }))],
  })),
  "status-never-one": fault("JSON without a status, every time.", () => ({
    faults: [Fault.on("status", "every", Fault.answer(200, { body: "{}" }))],
  })),
  "status-unknown": fault("A status that no one knows, for a while.", () => ({
    lifecycle: ["queued", "warming_up", "completed"],
  })),
  "redirect-elsewhere": fault(
    "Every call is redirected to another origin: the same port, by the name localhost.",
    () => ({
      faults: everyCall({
        answer: (_, { headers, path }) => {
          const port = /:(\d+)$/.exec(headers["host"] ?? "")?.[0] ?? ""
          return Reply.make(307, { location: `http://localhost${port}${path}` }, "")
        },
      }),
    }),
  ),
  "storm-of-5xx": fault(
    "Each call is answered 503, 500, 502 and 504 first; a create only 503, with Retry-After.",
    () => ({
      faults: [
        Fault.on("create", [1, 2], Fault.answer(503, { headers: { "retry-after": "1" } })),
        ...([503, 500, 502, 504] as const).flatMap((status, i) => [
          Fault.on("status", i + 1, Fault.answer(status, { body: "<html></html>" })),
          Fault.on("result", i + 1, Fault.answer(status, { body: "" })),
        ]),
      ],
    }),
  ),
}

import { assert, describe, it } from "@effect/vitest"
import { TaskId } from "../src/Task.ts"
import * as TaskError from "../src/TaskError.ts"
import * as TaskErrorJson from "../src/TaskErrorJson.ts"

const taskId = TaskId("task-1")

/** One of each, so that a new error cannot be forgotten: the list is held to the union below. */
const errors = {
  AccessDenied: new TaskError.AccessDenied({ taskId, detail: "no" }),
  ConnectionFailed: new TaskError.ConnectionFailed({ origin: "http://x", reason: "reset", cause: new Error("secret") }),
  CreateOutcomeUnknown: new TaskError.CreateOutcomeUnknown({ reason: "no answer" }),
  InvalidApiKey: new TaskError.InvalidApiKey({ detail: "no" }),
  InvalidInput: new TaskError.InvalidInput({ input: "text", reason: "It is empty", nextStep: "Fill it." }),
  JobBusy: new TaskError.JobBusy({ key: "k", location: "/j" }),
  JournalFailed: new TaskError.JournalFailed({ location: "/j", reason: "the disk is full" }),
  JournalUnreadable: new TaskError.JournalUnreadable({ key: "k", location: "/j" }),
  RequestRejected: new TaskError.RequestRejected({ status: 413, detail: "large" }),
  ResultCorrupt: new TaskError.ResultCorrupt({ taskId, reason: "it is JSON", cutShort: false }),
  ResultExpired: new TaskError.ResultExpired({ taskId, detail: "gone" }),
  SampleUnreadable: new TaskError.SampleUnreadable({ sample: "a.wav", reason: "it is gone" }),
  ServerUnavailable: new TaskError.ServerUnavailable({ status: 503, detail: "later", retryAfterMillis: 1000 }),
  TargetBusy: new TaskError.TargetBusy({ path: "a.wav", lock: "a.wav.part.lock" }),
  TargetUnwritable: new TaskError.TargetUnwritable({ path: "a.wav", reason: "the disk is full" }),
  TaskFailed: new TaskError.TaskFailed({ taskId, reason: "silence" }),
  TaskNotFound: new TaskError.TaskNotFound({ taskId, detail: "none" }),
  TaskNotReady: new TaskError.TaskNotReady({ taskId, detail: "pending" }),
  CallNotOffered: new TaskError.CallNotOffered({ call: "list", status: 404 }),
  TooManyRequests: new TaskError.TooManyRequests({ detail: "slow down" }),
  UnexpectedResponse: new TaskError.UnexpectedResponse({ status: 299, reason: "odd" }),
  WaitTimedOut: new TaskError.WaitTimedOut({
    taskId,
    waitedMillis: 1000,
    tally: { polls: 2, statuses: { pending: 2 }, errors: {} },
    lastSeen: { id: taskId, status: "pending", reportedStatus: "pending", createdAt: new Date(0) },
  }),
} satisfies { [Tag in TaskError.TaskError["_tag"]]: TaskError.TaskError & { readonly _tag: Tag } }

describe("TaskErrorJson", () => {
  it.each(Object.values(errors))("carries $_tag there and back", (error) => {
    const text = JSON.stringify(TaskErrorJson.toJson(error))
    assert.notInclude(text, "secret")
    const back = TaskErrorJson.fromJson(JSON.parse(text))
    assert.isDefined(back)
    assert.instanceOf(back, error.constructor as new () => Error)
    assert.deepStrictEqual([back.message, back.nextStep], [error.message, error.nextStep])
    assert.deepStrictEqual(TaskErrorJson.toJson(back), TaskErrorJson.toJson(error))
    if (back._tag === "WaitTimedOut") assert.deepStrictEqual(back.lastSeen?.createdAt, new Date(0))
  })

  it.each([null, 1, "x", {}, { _tag: 1 }, { _tag: "FromTheFuture" }, { _tag: "toString" }])(
    "knows %j as none",
    (json) => {
      assert.isUndefined(TaskErrorJson.fromJson(json))
    },
  )
})

import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Task from "../src/Task.ts"
import { TaskStatusResponse } from "../src/VoiceCloneApi.ts"
import { forAll } from "./property.ts"

const id = Task.TaskId("t1")
const encode = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(TaskStatusResponse)))

/** What stays of a field: a word without a letter says nothing. */
const said = (text: string | undefined) => (text === "" ? undefined : text)
const time = (date: DateTime.DateTime | undefined) => date && DateTime.toEpochMillis(date)

const dateTime = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => DateTime.makeUnsafe(date))

const statusResponse = fc.record(
  {
    task_id: fc.string(),
    status: fc.constantFrom("pending", "processing", "completed", "failed"),
    error: fc.string(),
    progress: fc.double({ min: 0, max: 1, noNaN: true }),
    queue_position: fc.nat(),
    created_at: dateTime,
    started_at: dateTime,
    completed_at: dateTime,
    expires_at: dateTime,
    engine: fc.string(),
  } satisfies Record<keyof typeof TaskStatusResponse.fields, fc.Arbitrary<unknown>>,
  { requiredKeys: ["status"] },
)

describe("Task.fromWire", () => {
  it("reads what the contract writes", () =>
    forAll(statusResponse, (sent) => {
      const task = Result.getOrThrow(Task.fromWire(id, JSON.parse(encode(sent))))
      assert.strictEqual(task.id, id)
      assert.strictEqual(task.status, sent.status)
      assert.strictEqual(task.reportedStatus, sent.status)
      assert.strictEqual(task.error, said(sent.error))
      assert.strictEqual(task.engine, said(sent.engine))
      assert.closeTo(task.progress ?? -1, sent.progress ?? -1, 0)
      assert.closeTo(task.queuePosition ?? -1, sent.queue_position ?? -1, 0)
      assert.strictEqual(task.createdAt?.getTime(), time(sent.created_at))
      assert.strictEqual(task.startedAt?.getTime(), time(sent.started_at))
      assert.strictEqual(task.completedAt?.getTime(), time(sent.completed_at))
      assert.strictEqual(task.expiresAt?.getTime(), time(sent.expires_at))
    }))

  it("survives any JSON", () =>
    forAll(fc.jsonValue(), (junk) => {
      const read = Task.fromWire(id, junk)
      if (Result.isSuccess(read))
        assert.include(["pending", "processing", "completed", "failed", "unknown"], read.success.status)
    }))

  it("leaves out a field that is not what it should be, and keeps the task", () =>
    forAll(fc.jsonValue(), (junk) => {
      const fields = [
        "error",
        "progress",
        "queue_position",
        "created_at",
        "started_at",
        "completed_at",
        "expires_at",
        "engine",
      ]
      const wire = Object.fromEntries(fields.map((field) => [field, junk]))
      const task = Result.getOrThrow(Task.fromWire(id, { ...wire, status: "completed" }))
      assert.strictEqual(task.status, "completed")
      assert.isTrue(task.progress === undefined || (task.progress >= 0 && task.progress <= 1))
      for (const date of [task.createdAt, task.expiresAt])
        assert.isFalse(date !== undefined && Number.isNaN(date.getTime()))
    }))

  it("takes a status without a word for it as not finished", () => {
    const task = Result.getOrThrow(Task.fromWire(id, { status: "queued_for_gpu" }))
    assert.strictEqual(task.status, "unknown")
    assert.strictEqual(task.reportedStatus, "queued_for_gpu")
    assert.isFalse(Task.isTerminal(task))
  })

  it("fails without a status", () => {
    for (const body of [{}, { status: "" }, { status: 200 }, { status: null }, [], null, "completed"]) {
      assert.isTrue(Result.isFailure(Task.fromWire(id, body)), JSON.stringify(body))
    }
  })
})

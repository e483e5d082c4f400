import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TaskId } from "../src/Task.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"

const clientOf = (api: FakeApi.FakeApi) =>
  Effect.provide(
    VoiceCloneClient.make({ apiKey: "key", baseUrl: "https://voices.test/api" }),
    FakeHttpClient.layer(api),
  )

const json = (body: unknown) =>
  Fault.answer(200, { headers: { "content-type": "application/json" }, body: JSON.stringify(body) })

describe("list", () => {
  it.effect("gives pages of one's own tasks, the youngest first, and those of one status", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ lists: true })
      for (const owner of ["key", "other", "key", "key"]) api.addTask({ owner })
      api.addTask({ owner: "key", lifecycle: ["completed"] })
      const client = yield* clientOf(api)
      const first = yield* client.list({ limit: 3 })
      assert.deepStrictEqual(
        first.tasks.map(({ id }) => id),
        ["task-5", "task-4", "task-3"].map(TaskId),
      )
      const second = yield* client.list({ limit: 3, cursor: first.nextCursor })
      assert.deepStrictEqual(
        second.tasks.map(({ id }) => id),
        [TaskId("task-1")],
      )
      assert.notProperty(second, "nextCursor")
      const { tasks } = yield* client.list({ status: "completed" })
      assert.deepStrictEqual(tasks, [{ id: TaskId("task-5"), status: "completed", reportedStatus: "completed" }])
    }),
  )

  it.effect("leaves out what it cannot understand, and refuses what is no list", () =>
    Effect.gen(function* () {
      const odd = { tasks: [null, 3, { task_id: 4 }, { task_id: "a" }, { task_id: "b", status: "new", x: 1 }] }
      const client = yield* clientOf(
        FakeApi.make({
          faults: [Fault.on("list", 1, json({ ...odd, next_cursor: 7 })), Fault.on("list", 2, json([]))],
        }),
      )
      assert.deepStrictEqual(yield* client.list(), {
        tasks: [{ id: TaskId("b"), status: "unknown", reportedStatus: "new" }],
      })
      assert.strictEqual((yield* Effect.flip(client.list()))._tag, "UnexpectedResponse")
    }),
  )
})

describe("cancel", () => {
  it.effect("says where the task stands then", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ lists: true })
      const id = TaskId(api.addTask({ owner: "key" }))
      const client = yield* clientOf(api)
      const task = yield* client.cancel(id)
      assert.deepInclude(task, { id, status: "failed", error: "The task was cancelled" })
      assert.strictEqual((yield* client.cancel(id)).status, "failed", "to repeat it is safe")
      assert.isTrue(api.tasks[0]?.isCancelled)
      assert.strictEqual((yield* Effect.flip(client.cancel(TaskId("none"))))._tag, "TaskNotFound")
    }),
  )

  it.effect("of a server whose answer has no body asks for the status", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ lists: true, faults: [Fault.on("cancel", 1, Fault.answer(204, { body: "" }))] })
      const client = yield* clientOf(api)
      assert.strictEqual((yield* client.cancel(TaskId(api.addTask()))).status, "pending")
    }),
  )
})

describe("a server of the documented API alone", () => {
  it.effect("is said to do without, and a task that it does not know is still told apart", () =>
    Effect.gen(function* () {
      const api = FakeApi.make()
      const id = TaskId(api.addTask())
      const client = yield* clientOf(api)
      const list = yield* Effect.flip(client.list())
      assert.deepInclude(list, { _tag: "CallNotOffered", call: "list", status: 404 })
      assert.strictEqual(list.message, "The server does not offer to list tasks (it answered 404)")
      assert.deepInclude(yield* Effect.flip(client.cancel(id)), { _tag: "CallNotOffered", call: "cancel" })
      assert.strictEqual((yield* Effect.flip(client.cancel(TaskId("none"))))._tag, "TaskNotFound")
    }),
  )
})

describe("tasks", () => {
  it.effect("goes through every page, and comes to an end where a server's cursors lead back", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ lists: true })
      for (let count = 0; count < 250; count++) api.addTask()
      const all = yield* Stream.runCollect(VoiceCloneClient.tasks(yield* clientOf(api)))
      assert.lengthOf(all, 250)
      const pageThen = (next_cursor: string) => json({ tasks: [{ task_id: "a", status: "pending" }], next_cursor })
      const toX = Fault.on("list", "every", pageThen("x"))
      for (const [faults, pages] of [
        [[toX], 2],
        [[Fault.on("list", 2, pageThen("y")), toX], 3],
      ] as const) {
        const faulty = FakeApi.make({ faults })
        const listed = Stream.take(VoiceCloneClient.tasks(yield* clientOf(faulty)), 10)
        assert.lengthOf(yield* Stream.runCollect(listed), pages)
      }
    }),
  )
})

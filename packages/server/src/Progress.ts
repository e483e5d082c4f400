/**
 * How far the tasks in work are. Kept in memory: it is worth nothing after a restart. Those who follow a task, and other
 * servers on the same PostgreSQL, are told of it once a second.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import { StatusChanges } from "./StatusChanges.ts"

const channel = "voiceclone_progress"
const period = Schedule.spaced("1 second")

/** Of others' tasks; those of servers that are gone are never forgotten by them. */
const capacity = 10_000

/** The progress' service. */
export class Progress extends Context.Service<
  Progress,
  {
    readonly report: (taskId: string, share: number) => Effect.Effect<void>
    /** From 0 to 1, as known when it is called; `undefined` where nothing is known. */
    readonly of: (taskId: string) => Effect.Effect<number | undefined>
    readonly forget: (taskId: string) => Effect.Effect<void>
  }
>()("voiceclone/server/Progress") {
  static readonly layer = Layer.effect(
    Progress,
    Effect.gen(function* () {
      const changes = yield* StatusChanges
      const postgres = Option.getOrUndefined(yield* Effect.serviceOption(PgClient.PgClient))
      const own = new Map<string, number>()
      const others = new Map<string, number>()
      /** What nobody has been told; without a share it is to be forgotten. */
      const untold = new Map<string, number | undefined>()

      const tell = Effect.suspend(() => {
        const news = [...untold]
        untold.clear()
        const here = Effect.forEach(news, ([taskId]) => changes.announceProgress(taskId), { discard: true })
        if (postgres === undefined) return here
        const elsewhere = Effect.forEach(
          news,
          ([taskId, share]) => postgres.notify(channel, `${taskId} ${share?.toFixed(3) ?? ""}`),
          { discard: true },
        )
        return Effect.andThen(here, elsewhere)
      })

      const hear = (client: PgClient.PgClient) =>
        Effect.gen(function* () {
          const notices = yield* client.listen(channel)
          while (true) {
            const [taskId = "", share = ""] = (yield* Queue.take(notices)).payload.split(" ")
            others.delete(taskId)
            // what this server has told itself
            if (share === "" || own.has(taskId)) continue
            others.set(taskId, Number(share))
            for (const oldest of others.keys()) if (others.size > capacity) others.delete(oldest)
            yield* changes.announceProgress(taskId)
          }
        }).pipe(Effect.scoped, Effect.ignore, Effect.repeat(period))
      if (postgres !== undefined) yield* Effect.forkScoped(hear(postgres))

      yield* Effect.forkScoped(Effect.repeat(Effect.ignore(tell), period))

      const change = (taskId: string, share: number | undefined) => {
        if (share === undefined) own.delete(taskId)
        else own.set(taskId, share)
        untold.set(taskId, share)
      }

      return Progress.of({
        report: (taskId, share) => Effect.sync(() => change(taskId, Math.min(1, Math.max(0, share)))),
        of: (taskId) => Effect.succeed(own.get(taskId) ?? others.get(taskId)),
        forget: (taskId) => Effect.sync(() => change(taskId, undefined)),
      })
    }),
  )
}

/**
 * `status` alone, for the command lines that {@link file://./Shortcut.ts} can read.
 */
import { TaskId } from "@voiceclone/core/Task"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connection from "./Connection.ts"
import * as Process from "./Process.ts"
import * as Session from "./Session.ts"
import * as Shortcut from "./Shortcut.ts"
import * as Status from "./Status.ts"
import { Verbosity } from "./Verbosity.ts"

const asked = Shortcut.status(process.argv.slice(2))
if (asked === undefined) throw new Error("This is for status alone")
const { taskId, baseUrl, json, ...verbosity } = asked

Session.alone(
  { json },
  Effect.provide(Status.ask(TaskId(taskId)), Connection.client(Option.fromUndefinedOr(baseUrl))),
).pipe(Effect.provideService(Verbosity, verbosity), Process.run)

/**
 * The runtime of single calls: loaded with the first one.
 */
import * as TaskCalls from "@voiceclone/core/TaskCalls"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Options } from "../ClientBrowser.ts"
import * as caller from "./caller.ts"

export const runtime = (options: Options) =>
  ManagedRuntime.make(
    caller.layer(TaskCalls.TaskCalls, options, (options) =>
      Effect.map(TaskCalls.make(options), ({ cancel, status }) => ({
        cancel,
        // a preference needs the server's leave to be sent by a page (CORS), which most servers don't give
        status: (taskId) => status(taskId),
      })),
    ),
  )

/**
 * The runtime of single calls: loaded with the first one.
 */
import * as TaskCalls from "@voiceclone/core/TaskCalls"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Options } from "../ClientBrowser.ts"
import * as HttpClientBrowser from "../HttpClientBrowser.ts"
import { identify } from "./caller.ts"

export const runtime = (options: Options) =>
  ManagedRuntime.make(
    Layer.effect(TaskCalls.TaskCalls, calls(options)).pipe(Layer.provide(HttpClientBrowser.layer(options))),
  )

const calls = (options: Options) =>
  Effect.map(
    identify(options, TaskCalls.make),
    ({ cancel, status }) =>
      ({
        cancel,
        // a preference needs the server's leave to be sent by a page (CORS), which most servers don't give
        status: (taskId) => status(taskId),
      }) satisfies TaskCalls.TaskCalls["Service"],
  )

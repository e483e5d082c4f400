/**
 * Where what is piped in, and speech on its way to standard output, is kept for as long as the scope lasts.
 */
import { TargetUnwritable } from "@voiceclone/core/TaskError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { reasonOf } from "@voiceclone/server/SystemError"

/** What is told of it: its own name says nothing to a person. */
export const what = "a temporary file"

/** It takes no more. */
export const unwritable = (cause: Error): TargetUnwritable =>
  new TargetUnwritable({ path: what, reason: reasonOf(cause), cause })

/** A directory of its own for each run. */
export const make = FileSystem.FileSystem.use((fs) =>
  Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "voiceclone-" }), unwritable),
)

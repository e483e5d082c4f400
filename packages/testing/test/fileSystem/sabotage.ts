/**
 * What sabotages of a filesystem are made of.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"
import { instead, type Sabotage } from "../sabotage.ts"

export type Files = FileSystem.FileSystem
export type File = FileSystem.File

/** What it does otherwise than the filesystem that it is given. */
export type FileSabotage = Sabotage<(fs: Files) => Partial<Files>>

export const refused = (tag: PlatformError.SystemErrorTag) =>
  Effect.fail(PlatformError.systemError({ _tag: tag, module: "FileSystem", method: "sabotage" }))

/** Every file that is opened, otherwise. */
export const file =
  (change: (file: File) => Partial<File>) =>
  (fs: Files): Partial<Files> => ({
    open: (path, options) => Effect.map(fs.open(path, options), (opened) => instead(opened, change(opened))),
  })

export const withFlag = (from: FileSystem.OpenFlag, to: FileSystem.OpenFlag) => (fs: Files) =>
  ({
    open: (path, options) => fs.open(path, options?.flag === from ? { ...options, flag: to } : options),
  }) satisfies Partial<Files>

/** Looks first and acts then. */
export const lookingFirst = (fs: Files, path: string, act: Effect.Effect<void, PlatformError.PlatformError>) =>
  Effect.flatMap(fs.exists(path), (isThere) =>
    isThere ? refused("AlreadyExists") : Effect.andThen(Effect.yieldNow, act),
  )

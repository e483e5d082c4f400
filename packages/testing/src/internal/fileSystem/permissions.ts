/**
 * Who may do what.
 */
import * as Effect from "effect/Effect"
import { ensure } from "../../Conformance.ts"
import { type FileCase, fails } from "./FileCase.ts"

export const permissions: ReadonlyArray<FileCase> = [
  {
    name: "makes files and directories that are their owner's alone",
    needs: "modes",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.makeDirectory(at("folder"), { recursive: true, mode: 0o700 })
      yield* Effect.scoped(fs.open(at("file"), { flag: "wx", mode: 0o600 }))
      for (const [name, expected] of [
        ["folder", 0o700],
        ["file", 0o600],
      ] as const) {
        const { mode } = yield* fs.stat(at(name))
        yield* ensure((mode & 0o777) === expected, `${name} has mode ${(mode & 0o777).toString(8)}`)
      }
    }),
  },
  {
    name: "refuses to write to what is read-only",
    needs: "permissions",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* Effect.scoped(fs.open(at("a"), { flag: "wx", mode: 0o400 }))
      yield* fs.access(at("a"))
      yield* fails("access", fs.access(at("a"), { writable: true }), "PermissionDenied")
      yield* fails("opening (r+)", fs.open(at("a"), { flag: "r+" }), "PermissionDenied")
      yield* fails("opening (w+)", fs.open(at("a"), { flag: "w+" }), "PermissionDenied")
    }),
  },
  {
    name: "refuses to make files in a directory that is read-only",
    needs: "permissions",
    check: Effect.fnUntraced(function* ({ fs, at, lists }) {
      yield* fs.makeDirectory(at("folder"), { mode: 0o500 })
      yield* fs.writeFileString(at("a"), "")
      yield* fails("access", fs.access(at("folder"), { writable: true }), "PermissionDenied")
      yield* fails("writing", fs.writeFileString(at("folder/a"), ""), "PermissionDenied")
      yield* fails("renaming into it", fs.rename(at("a"), at("folder/a")), "PermissionDenied")
      yield* lists(at("folder"))
    }),
  },
]

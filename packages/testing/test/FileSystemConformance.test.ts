/** Every case of the suite, proven able to fail. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as FileSystemConformance from "../src/FileSystemConformance.ts"
import { directories } from "./fileSystem/directories.ts"
import { names } from "./fileSystem/names.ts"
import { openFiles } from "./fileSystem/openFiles.ts"
import { permissions } from "./fileSystem/permissions.ts"
import { refused } from "./fileSystem/sabotage.ts"
import { wholeFiles } from "./fileSystem/wholeFiles.ts"
import { isCaught } from "./sabotage.ts"

const sabotages = [...wholeFiles, ...openFiles, ...names, ...directories, ...permissions]

/** What is left out of the suite where everything is there. */
const lackers: Readonly<Record<string, FileSystemConformance.Ability>> = {
  "says that it has no links": "links",
  "says that it syncs no directory": "directory sync",
}

const place = (change: (fs: FileSystem.FileSystem) => Partial<FileSystem.FileSystem> = () => ({})) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return { fs: { ...fs, ...change(fs) }, directory: yield* fs.makeTempDirectoryScoped({ prefix: "voiceclone-" }) }
  })

describe("FileSystemConformance", () => {
  it.live.each(sabotages)("“%s” catches one that %s", ([caughtBy, , change]) =>
    Effect.gen(function* () {
      const lack = lackers[caughtBy]
      const cases = FileSystemConformance.cases(place(change), { lacks: lack === undefined ? [] : [lack] })
      const found = cases.find(({ name }) => name === caughtBy)
      assert.isDefined(found, "there is no such case")
      yield* isCaught(Effect.provide(found.check, NodeFileSystem.layer))
    }),
  )

  it("has no case that nothing was caught by", () => {
    const abilities = ["links", "directory sync", "open files", "modes", "permissions"] as const
    const every = [FileSystemConformance.cases(place()), FileSystemConformance.cases(place(), { lacks: abilities })]
    const names = new Set(every.flatMap((cases) => cases.map(({ name }) => name)))
    assert.deepStrictEqual(new Set(sabotages.map(([caughtBy]) => caughtBy)), names)
  })

  const modest = (fs: FileSystem.FileSystem): Partial<FileSystem.FileSystem> => ({
    link: () => refused("PermissionDenied"),
    open: (path, options) => (options === undefined ? refused("BadResource") : fs.open(path, options)),
  })
  const honest = FileSystemConformance.cases(place(modest), {
    lacks: ["links", "directory sync", "open files", "modes", "permissions"],
  })
  it.live.each(honest)("is content with one that lacks what it says: $name", ({ check }) =>
    Effect.provide(check, NodeFileSystem.layer),
  )
})

/**
 * Runs the suite for filesystems as another user, because root is refused nothing. It tells the cases that fail, and how
 * many there were, as JSON. The modules are loaded before the change: that user need not be able to read them.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as FileSystemConformance from "@voiceclone/testing/FileSystemConformance"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"

const nobody = 65_534

process.setgroups?.([])
process.setgid?.(nobody)
process.setuid?.(nobody)

const place = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  Effect.map(fs.makeTempDirectoryScoped({ prefix: "voiceclone-" }), (directory) => ({ fs, directory })),
)
const cases = FileSystemConformance.cases(place)
const failures: Array<string> = []
for (const { name, check } of cases) {
  const exit = await Effect.runPromiseExit(Effect.provide(check, NodeFileSystem.layer))
  if (Exit.isFailure(exit)) failures.push(`${name}: ${Cause.pretty(exit.cause)}`)
}
process.stdout.write(JSON.stringify({ cases: cases.length, failures }))

/**
 * Where a run of the tests builds the command: once, by the first worker that needs it, and out of the way of `dist`.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly commandDirectory: string
  }
}

/** Below `node_modules`, where the built command finds the server as a package. */
const cache = fileURLToPath(new URL("../node_modules/.cache", import.meta.url))

export default (project: TestProject): (() => void) => {
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, "test-"))
  project.provide("commandDirectory", directory)
  return () => rmSync(directory, { recursive: true, force: true })
}

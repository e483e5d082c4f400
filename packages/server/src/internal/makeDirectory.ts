import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * Makes a directory where there is none, and those that it is in. One by one: Node's own recursive mkdir never ends where a
 * directory exists that nothing can be made in, like /proc.
 */
export const makeDirectory = (path: string, mode = 0o700): void => {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" && dirname(path) !== path) {
      makeDirectory(dirname(path), mode)
      return mkdirSync(path, { mode })
    }
    if (code !== "EEXIST" || !statSync(path).isDirectory()) throw error
  }
}

/** Whether the error says that a file is where a directory should be. */
export const isFileThere = (error: unknown): boolean =>
  ["EEXIST", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")

/**
 * Where a user's files go, and the directories that are made for them.
 */
import { existsSync, mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

export { named } from "@voiceclone/node/BaseDirectory"

/**
 * Makes a directory, and those that it is in. One by one: Node's own recursive mkdir never ends where a directory exists
 * that nothing can be made in, like /proc, or a home that is not mounted.
 */
export const make = (path: string, mode?: number): void => {
  const isThere = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (isThere()) return
  if (!existsSync(dirname(path))) make(dirname(path), mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // another process may have been quicker
    if (!isThere()) throw error
  }
}

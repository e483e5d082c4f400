/**
 * Where a user's files go (XDG Base Directory Specification). A path that is not absolute is ignored, as it says: it
 * would lead elsewhere from each working directory.
 */
import { existsSync, mkdirSync, statSync } from "node:fs"
import { homedir, userInfo } from "node:os"
import { dirname, isAbsolute, join } from "node:path"

/** A `HOME` that is empty or relative is as little of one as such an `XDG_…`. */
const home = (): string => {
  try {
    return isAbsolute(homedir()) ? homedir() : userInfo().homedir
  } catch {
    // a user whom the system does not know: what cannot be written there says which variable names another place
    return "/"
  }
}

/** The directory that an environment variable names, or the usual one below the home directory. */
export const named = (variable: string, ...usual: ReadonlyArray<string>): string => {
  const told = process.env[variable] ?? ""
  return isAbsolute(told) ? told : join(home(), ...usual)
}

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

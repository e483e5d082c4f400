/**
 * Where a user's files go (XDG Base Directory Specification). A path that is not absolute is ignored, as it says: it
 * would lead elsewhere from each working directory.
 */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/** The directory that an environment variable names, or the usual one below the home directory. */
export const named = (variable: string, ...usual: ReadonlyArray<string>): string => {
  const told = process.env[variable] ?? ""
  return isAbsolute(told) ? told : join(homedir(), ...usual)
}

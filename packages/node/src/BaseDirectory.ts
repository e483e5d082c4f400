/**
 * Where a user's files go (XDG Base Directory Specification). A path that is not absolute is ignored, as it says: it
 * would lead elsewhere from each working directory.
 */
import { homedir, userInfo } from "node:os"
import { isAbsolute, join } from "node:path"

/** A `HOME` that is empty or relative is as little of one as such an `XDG_…`. */
const home = (): string => {
  try {
    return isAbsolute(homedir()) ? homedir() : userInfo().homedir
  } catch {
    // a user whom the system does not know: what cannot be written there says which variable names another place
    return "/"
  }
}

/**
 * The directory that an environment variable names, or the usual one below the home directory: of `XDG_STATE_HOME` that is
 * `.local`, `state`.
 */
export const named = (variable: string, ...usual: ReadonlyArray<string>): string => {
  const told = process.env[variable] ?? ""
  return isAbsolute(told) ? told : join(home(), ...usual)
}

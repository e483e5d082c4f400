/**
 * Where an embedded server keeps its data when it isn't told (XDG Base Directory Specification).
 */
import { homedir } from "node:os"
import { join } from "node:path"

export const defaultDataDirectory = (): string =>
  join(process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "voiceclone", "server")

/**
 * Where an embedded server keeps its data when it isn't told, and where voice models are (XDG Base Directory
 * Specification).
 */
import { homedir } from "node:os"
import { join } from "node:path"

const dataHome = (): string => join(process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "voiceclone")

export const defaultDataDirectory = (): string => join(dataHome(), "server")

/** Holds a directory for each model that is installed. */
export const modelsDirectory = (): string => join(dataHome(), "models")

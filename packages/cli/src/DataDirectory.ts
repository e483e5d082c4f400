/**
 * Where an embedded server keeps its data when it isn't told, and where voice models are (XDG Base Directory
 * Specification).
 */
import { join } from "node:path"
import * as BaseDirectory from "./BaseDirectory.ts"

const dataHome = (): string => join(BaseDirectory.named("XDG_DATA_HOME", ".local", "share"), "voiceclone")

export const defaultDataDirectory = (): string => join(dataHome(), "server")

/** Holds a directory for each model that is installed. */
export const modelsDirectory = (): string => join(dataHome(), "models")

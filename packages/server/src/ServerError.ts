/**
 * Why a server cannot start. `message` names the cause in one sentence, `nextStep` says what to do about it.
 */
import * as Data from "effect/Data"

/** Another program listens on the port. */
export class PortInUse extends Data.TaggedError("PortInUse")<{
  readonly host: string
  readonly port: number
}> {
  override get message(): string {
    return `Port ${this.port} on ${this.host} is in use by another program`
  }
  get nextStep(): string {
    return "Stop that program, or choose another port; port 0 takes a free one."
  }
}

/** The address cannot be listened on. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly host: string
  readonly port: number
  readonly reason: string
}> {
  override get message(): string {
    return `Cannot listen on ${this.host} port ${this.port}: ${this.reason}`
  }
  get nextStep(): string {
    return "Choose an address of this machine and a port above 1023."
  }
}

/** The data directory cannot serve: it is no directory, not writable, damaged, or another server's. */
export class DataDirectoryUnusable extends Data.TaggedError("DataDirectoryUnusable")<{
  readonly path: string
  readonly reason: string
  readonly nextStep: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot use the data directory ${this.path}: ${this.reason}`
  }
}

/** The PostgreSQL database cannot serve. Its address is told without the password. */
export class DatabaseUnusable extends Data.TaggedError("DatabaseUnusable")<{
  readonly address: string
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot use the database ${this.address}: ${this.reason}`
  }
  get nextStep(): string {
    return "Check DATABASE_URL, that the database runs, and that its user may make tables in it."
  }
}

/** A newer version has changed the database: what it has written there, this one would not heed. */
export class DatabaseNewer extends Data.TaggedError("DatabaseNewer")<{
  /** The last step that the database has been brought through, and the last that this version knows. */
  readonly step: number
  readonly known: number
}> {
  override get message(): string {
    return `A newer version of the server has changed the database: it is at step ${this.step}, and this one knows ${this.known}`
  }
  get nextStep(): string {
    return "Start the newer version, or this one with a copy of the data that was made before."
  }
}

/** The engine cannot speak: it is not installed, not reachable, or told nonsense. */
export class EngineUnusable extends Data.TaggedError("EngineUnusable")<{
  readonly engine: string
  readonly reason: string
  readonly nextStep: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot use the engine ${this.engine}: ${this.reason.replace(/\.$/u, "")}`
  }
}

/** `@voiceclone/core` and `@voiceclone/server` stand in different trees of packages, each with an Effect of its own. */
export class TwoEffects extends Data.TaggedError("TwoEffects") {
  override get message(): string {
    return "There are two copies of the package effect: @voiceclone/core has another than @voiceclone/server"
  }
  get nextStep(): string {
    return "Install both into one tree, with one version of effect: npm dedupe, or npm install effect@ that version."
  }
}

/** The store of samples and results cannot be used: it is not reachable, or refuses what a server needs. */
export class StoreUnusable extends Data.TaggedError("StoreUnusable")<{
  /** As it was told, e.g. `s3://bucket/prefix`. */
  readonly store: string
  readonly reason: string
  readonly nextStep: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot use the store ${this.store}: ${this.reason}`
  }
}

/** What starting a server can fail with. */
export type ServerError =
  | TwoEffects
  | PortInUse
  | ListenFailed
  | DataDirectoryUnusable
  | DatabaseUnusable
  | DatabaseNewer
  | StoreUnusable
  | EngineUnusable

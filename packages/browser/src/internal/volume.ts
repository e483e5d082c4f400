/**
 * What a filesystem of a page stands on: files and directories by their absolute paths. What cannot be done rejects with
 * a `DOMException`, as browsers do it.
 */

/** What is known of a file or a directory. */
export interface Info {
  readonly type: "File" | "Directory"
  readonly size: number
  readonly modifiedAt: Date | undefined
}

export interface Volume {
  readonly stat: (path: string) => Promise<Info>
  /** The names in a directory. */
  readonly list: (path: string) => Promise<ReadonlyArray<string>>
  /** Makes a directory in one that is there; one that is there already is `ConstraintError`. */
  readonly makeDirectory: (path: string) => Promise<void>
  /** Makes an empty file; what is there already is `ConstraintError`, for all but one of many that make it at once. */
  readonly create: (path: string) => Promise<void>
  /** Opens a file that is there, to be written to: begins with what stands in it, whatever was lost of it before. */
  readonly open: (path: string) => Promise<void>
  /** Removes a file, or a directory with nothing in it, or with all that is in it. */
  readonly remove: (path: string, recursive: boolean) => Promise<void>
  /** Gives a file another name, whose old file is gone in that moment. */
  readonly rename: (from: string, to: string) => Promise<void>
  /** What a file is now, for as long as it stays so. */
  readonly blob: (path: string) => Promise<Blob>
  /** The bytes from a position on, so many or as many as there are. */
  readonly read: (path: string, position: number, length: number) => Promise<Uint8Array<ArrayBuffer>>
  /**
   * Writes to a file that was opened or made. What is written survives this page, though not yet a power cut; where that
   * turns out to be untrue, all that is done to the file afterwards rejects, until it is opened again.
   */
  readonly write: (path: string, position: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  readonly truncate: (path: string, length: number) => Promise<void>
  /** Resolves when what was written is on the disk. */
  readonly sync: (path: string) => Promise<void>
}

/** The names that lead to a path. */
export const segmentsOf = (path: string): ReadonlyArray<string> => {
  const segments: Array<string> = []
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop()
    else if (segment !== "" && segment !== ".") segments.push(segment)
  }
  return segments
}

export const exists = () => new DOMException("There is something already", "ConstraintError")
export const missing = () => new DOMException("There is no such file or directory", "NotFoundError")
export const mismatch = (what: string) => new DOMException(what, "TypeMismatchError")

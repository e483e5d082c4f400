/** Filesystems that let anyone do anything. */
import { type FileSabotage } from "./sabotage.ts"

export const permissions: ReadonlyArray<FileSabotage> = [
  [
    "makes files and directories that are their owner's alone",
    "lets others in",
    (fs) => ({ makeDirectory: (path, { recursive } = {}) => fs.makeDirectory(path, { recursive }) }),
  ],
  [
    "refuses to write to what is read-only",
    "knows no read-only files",
    (fs) => ({ open: (path, options) => fs.open(path, { flag: options?.flag }) }),
  ],
  [
    "refuses to make files in a directory that is read-only",
    "knows no read-only directories",
    (fs) => ({ makeDirectory: (path) => fs.makeDirectory(path) }),
  ],
]

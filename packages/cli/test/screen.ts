/**
 * What a person sees of what a program writes to a terminal.
 */
import { Terminal } from "@xterm/headless"

/** A terminal of so many columns and rows, to be written to and looked at. */
export const makeScreen = (columns: number, height = 60) => {
  const terminal = new Terminal({ cols: columns, rows: height, allowProposedApi: true })
  const rows = () => {
    const { active } = terminal.buffer
    return Array.from({ length: active.length }, (_, index) => active.getLine(index)).filter((row) => row !== undefined)
  }
  return {
    write: (bytes: string | Uint8Array) => new Promise<void>((resolve) => terminal.write(bytes, resolve)),
    resize: (columns: number) => terminal.resize(columns, height),
    /** As they stand, one under the other. */
    rows: (): ReadonlyArray<string> => rows().map((row) => row.translateToString(true)),
    /** What was written as a line is one, however many rows it takes; what is empty at the end is left out. */
    lines: (): ReadonlyArray<string> => {
      const lines: Array<string> = []
      for (const row of rows()) {
        const text = row.translateToString(!row.isWrapped)
        if (row.isWrapped) lines.push(`${lines.pop() ?? ""}${text}`)
        else lines.push(text)
      }
      const trimmed = lines.map((line) => line.trimEnd())
      return trimmed.slice(0, trimmed.findLastIndex((line) => line !== "") + 1)
    },
  }
}

/** The lines that are left when a program has ended. */
export const screen = async (written: string | Uint8Array, columns = 80): Promise<ReadonlyArray<string>> => {
  const { write, lines } = makeScreen(columns)
  await write(written)
  return lines()
}

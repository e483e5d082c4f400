/** Cuts a text in any language into the pieces that an engine is asked for one by one. */
import * as Effect from "effect/Effect"
import { pauses } from "../Speakable.ts"
import { TextUnspeakable } from "../SynthesisError.ts"
import { clauses, sentences } from "./sentences.ts"

/** A piece of the text, as it was written. */
export interface Passage {
  readonly text: string
  /** Silence that follows, in seconds; 0 at the end of the text. */
  readonly pause: number
  /** Share of the whole text spoken once this passage is. The last one has 1. */
  readonly progress: number
}

/** How a text is cut. */
export interface Cut {
  /** `sentence`: one by one; `text`: as many together as fit into a call. */
  readonly split: "sentence" | "text"
  /** Most characters to a passage. */
  readonly limit: number
}

const isSpoken = (text: string) => /[\p{L}\p{N}]/u.test(text)

/** An engine whose languages are not known can still not speak what has no letters. */
export const inspect = (text: string): Effect.Effect<void, TextUnspeakable> =>
  isSpoken(text)
    ? Effect.void
    : Effect.fail(
        new TextUnspeakable({
          reason: text.trim() === "" ? "empty" : "nothing to say",
          supported: "Any text with letters or digits",
          detail: text.trim() === "" ? "The text is empty." : "The text holds no letters or digits to say.",
        }),
      )

/** Scripts without spaces give `clauses` no place to cut; it may then cut between the halves of a character. */
const whole = (parts: ReadonlyArray<string>): ReadonlyArray<string> =>
  parts.map((part, i) => {
    const next = parts[i + 1]
    const start = /^[\uDC00-\uDFFF]/u.test(part) ? part.slice(1) : part
    return /[\uD800-\uDBFF]$/u.test(start) && next !== undefined ? start + next.charAt(0) : start
  })

/** Joins neighbours as long as they fit. */
const gather = (parts: ReadonlyArray<string>, limit: number): ReadonlyArray<string> => {
  const gathered: Array<string> = []
  for (const part of parts) {
    const before = gathered.at(-1)
    if (before !== undefined && before.length + 1 + part.length <= limit)
      gathered[gathered.length - 1] = `${before} ${part}`
    else gathered.push(part)
  }
  return gathered
}

/** The passages of a text, in order; none where there is nothing to say. */
export const passages = (text: string, { limit, split }: Cut): ReadonlyArray<Passage> => {
  const paragraphs = text
    .normalize("NFC")
    .replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/gu, "\n")
    .split(/\n\s*\n/u)
  const found = paragraphs.flatMap((paragraph) => {
    // Chinese and Japanese write sentences without spaces between them.
    const line = paragraph
      .replaceAll(/[。！？｡](?=[\p{L}\p{N}“‘「『（])/gu, "$& ")
      .replaceAll(/\s+/gu, " ")
      .trim()
    const cut = sentences(line).map((sentence) => whole(clauses(sentence, limit)).filter(isSpoken))
    const spoken =
      split === "text"
        ? gather(cut.flat(), limit).map((text) => ({ text, pause: pauses.sentence }))
        : cut.flatMap((parts) =>
            parts.map((text, i) => ({ text, pause: i + 1 < parts.length ? pauses.clause : pauses.sentence })),
          )
    return spoken.map((part, i) => (i + 1 < spoken.length ? part : { ...part, pause: pauses.paragraph }))
  })
  const total = found.reduce((sum, { text }) => sum + text.length, 0)
  let done = 0
  return found.map(({ pause, text }, i) => {
    done += text.length
    return { text, pause: i + 1 < found.length ? pause : 0, progress: done / total }
  })
}

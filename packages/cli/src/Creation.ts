/**
 * What a task is made of, as the command line gives it.
 */
import * as Sample from "@voiceclone/core/Sample"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as StandardInput from "./StandardInput.ts"
import * as Text from "./Text.ts"
import { Usage } from "./Usage.ts"

export const flags = {
  sample: Argument.String("sample").pipe(
    Argument.withDescription("A recording of the voice, 10 seconds or more; - is stdin"),
  ),
  text: Flag.String("text").pipe(Flag.withAlias("t"), Flag.withDescription("What the voice shall say"), Flag.optional),
  textFile: Flag.String("text-file").pipe(
    Flag.withDescription("A UTF-8 file with the text; - is standard input"),
    Flag.withMetavar("FILE"),
    Flag.optional,
  ),
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Pay again, even where the same job has a task already"),
    Flag.withDefault(false),
  ),
}

/** Reads the text, and opens the sample for as long as the scope lasts. */
export const read = Effect.fnUntraced(function* ({
  sample,
  force,
  ...said
}: {
  readonly sample: string
  readonly text: Option.Option<string>
  readonly textFile: Option.Option<string>
  readonly force: boolean
}) {
  if (sample === "-" && Option.contains(said.textFile, "-")) {
    return yield* new Usage({
      reason: "Standard input cannot be both the voice sample and the text",
      nextStep: "Give one of them as a file.",
    })
  }
  const text = yield* Text.read(said)
  return { text, sample: sample === "-" ? yield* StandardInput.sample : yield* Sample.fromPath(sample), force }
})
